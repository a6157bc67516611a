// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// The fields of a form as browsers send them (`application/x-www-form-urlencoded`).
struct Form: Sendable {
    private let target: RequestTarget

    /// The fields of a request's body.
    init(_ request: ServerRequest) throws(ConsoleProblem) {
        // A body has the shape of a query.
        guard let text = String(validating: request.body, as: UTF8.self), let target = RequestTarget("/?\(text)") else {
            throw .badQuery("The form cannot be read.")
        }
        self.target = target
    }

    /// The value of a field.
    subscript(name: String) -> String? { target[name] }
}
