// SPDX-License-Identifier: MIT
package import HTTPTypes

/// An answer, read whole.
package struct ClientResponse: Sendable {
    /// The status.
    package var status: HTTPStatus
    /// The header fields, in order.
    package var headers: HTTPHeaders
    /// The body, decoded from its transfer coding.
    package var body: [UInt8]

    /// Makes a response, for stand-ins in tests.
    package init(status: HTTPStatus, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// An answer whose body is still arriving.
package struct StreamingResponse: Sendable {
    /// The status.
    package let status: HTTPStatus
    /// The header fields, in order.
    package let headers: HTTPHeaders
    /// The body. Dropping it, and its iterators, cancels the transfer.
    package let body: ResponseBody
}

/// Status and header fields of an answer.
struct ResponseHead: Sendable, Equatable {
    var status: HTTPStatus
    var headers: HTTPHeaders
}
