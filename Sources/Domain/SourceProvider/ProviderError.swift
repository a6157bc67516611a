// SPDX-License-Identifier: MIT
package import JSONCoding

/// Why the code host did not do what was asked; typed by what the caller does next.
package struct ProviderError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can do about it.
    package enum Code: Sendable, Hashable {
        /// It is not there, or we may not see it.
        case notFound
        /// Our credentials were refused: somebody must mend the app's installation.
        case unauthorized
        /// We may not do this: somebody must mend the app's permissions.
        case forbidden
        /// It exists already, or moved under us.
        case conflict
        /// The host finds the request wrong: trying again does not help.
        case invalid
        /// A limit, the host's or our own budget: try again after the time.
        case rateLimited(until: Timestamp)
        /// The host is away or answered with an error of its own: try again.
        case unavailable
    }

    package var code: Code
    /// What was asked for, such as `GET /repos/acme/shop/issues/42`; never a credential.
    package var request: String
    /// What was answered.
    package var message: String

    /// All of it.
    package init(code: Code, request: String, message: String) {
        self.code = code
        self.request = request
        self.message = message
    }

    /// Whether the same call can succeed later without anybody doing anything.
    package var isTransient: Bool {
        switch code {
        case .rateLimited, .unavailable: true
        case .notFound, .unauthorized, .forbidden, .conflict, .invalid: false
        }
    }

    /// One line: what, to what, why.
    package var description: String { "\(request): \(message)" }
}
