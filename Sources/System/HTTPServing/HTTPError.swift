// SPDX-License-Identifier: MIT
package import HTTPTypes
import JSONCoding

/// An error that says how it is answered. Everything else that a handler throws becomes a bare 500.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// The status of the answer.
    package var status: HTTPStatus
    /// The stable word for programs, for example `bodyTooLarge`.
    package var reason: String
    /// The sentence for people: what was wrong and what was expected.
    package var message: String
    /// Further fields, such as `Retry-After`.
    package var headers: HTTPHeaders

    /// An error with the given parts.
    package init(_ status: HTTPStatus, reason: String, _ message: String, headers: HTTPHeaders = [:]) {
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = headers
    }

    package var description: String { "\(status.rawValue) \(reason): \(message)" }

    /// The answer: `{"status":"error","reason":…,"message":…}`.
    package var response: ServerResponse {
        .json(
            ["status": "error", "reason": .string(reason), "message": .string(message)], status: status,
            headers: headers)
    }
}
