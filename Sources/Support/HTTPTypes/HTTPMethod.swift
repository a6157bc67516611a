// SPDX-License-Identifier: MIT

/// A request method (RFC 9110 §9); methods are case-sensitive.
package struct HTTPMethod: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    /// A method by its name.
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let get = HTTPMethod(rawValue: "GET")
    package static let head = HTTPMethod(rawValue: "HEAD")
    package static let post = HTTPMethod(rawValue: "POST")
    package static let put = HTTPMethod(rawValue: "PUT")
    package static let patch = HTTPMethod(rawValue: "PATCH")
    package static let delete = HTTPMethod(rawValue: "DELETE")
    package static let options = HTTPMethod(rawValue: "OPTIONS")

    /// The method's name.
    package var description: String { rawValue }
}
