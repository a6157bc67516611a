// SPDX-License-Identifier: MIT
package import HTTPTypes
package import JSONCoding

/// One request to an API server.
package struct APIRequest: Sendable {
    /// The method.
    package var method: HTTPMethod
    /// From the root, percent-encoded.
    package var path: String
    /// Parameters, not encoded yet.
    package var query: [RequestTarget.QueryItem]
    /// The body; nil sends none.
    package var body: [UInt8]?
    /// What the body is.
    package var contentType: String
    /// What answers are wanted, such as a table.
    package var accept: String
    /// The deadline of each attempt.
    package var timeout: Duration
    /// What errors and logs call it: verb and resource, never a name.
    package var label: String

    /// A request.
    package init(
        _ method: HTTPMethod, _ path: String, query: [RequestTarget.QueryItem] = [], body: JSONValue? = nil,
        contentType: String = "application/json", accept: String = "application/json",
        timeout: Duration = .seconds(30), label: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body?.encoded()
        self.contentType = contentType
        self.accept = accept
        self.timeout = timeout
        self.label = label.isEmpty ? method.rawValue : label
    }
}
