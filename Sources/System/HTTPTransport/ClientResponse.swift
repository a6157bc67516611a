// SPDX-License-Identifier: MIT
package import HTTPTypes

/// An answer, read whole.
package struct ClientResponse: Sendable {
    private enum Fields: Sendable {
        case given(HTTPHeaders)
        case received(ReceivedFields)
    }

    /// The status.
    package var status: HTTPStatus
    private var fields: Fields
    /// The body, decoded from its transfer coding.
    package var body: [UInt8]

    /// The header fields, in order. They are read anew at each look.
    package var headers: HTTPHeaders {
        get {
            switch fields {
            case .given(let headers): headers
            case .received(let fields): fields.headers
            }
        }
        set { fields = .given(newValue) }
    }

    /// Makes a response, for stand-ins in tests.
    package init(status: HTTPStatus, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        fields = .given(headers)
        self.body = body
    }

    init(_ head: ResponseHead, body: [UInt8]) {
        status = head.status
        fields = .received(head.fields)
        self.body = body
    }
}

/// An answer whose body is still arriving.
package struct StreamingResponse: Sendable {
    private let head: ResponseHead
    /// The body. Dropping it, and its iterators, cancels the transfer.
    package let body: ResponseBody

    /// The status.
    package var status: HTTPStatus { head.status }
    /// The header fields, in order. They are read anew at each look.
    package var headers: HTTPHeaders { head.fields.headers }

    init(_ head: ResponseHead, body: ResponseBody) {
        self.head = head
        self.body = body
    }
}

/// Status and header fields of an answer.
struct ResponseHead: Sendable {
    var status: HTTPStatus
    var fields: ReceivedFields
}
