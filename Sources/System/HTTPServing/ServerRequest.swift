// SPDX-License-Identifier: MIT
package import HTTPTypes

/// A request as a handler sees it: framing checked, target decoded, body whole.
package struct ServerRequest: Sendable {
    /// The method.
    package var method: HTTPMethod
    /// The target as it was sent, for logs and signatures.
    package var rawTarget: String
    /// The target, decoded.
    package var target: RequestTarget
    /// The header fields.
    package var headers: HTTPHeaders
    /// The body; empty in ``ServerConfiguration/admit``, which is asked before it is read.
    package var body: [UInt8]
    /// The peer's address as text, without port; behind an ingress that is the ingress.
    package var remoteAddress: String
    /// What the body tap computed while the body was read.
    package var tapResult: [UInt8]?
    /// The values of the route's placeholders, set by ``Router``.
    package var pathParameters: [String: String] = [:]

    /// Makes a request; also what tests call handlers with, without a socket.
    package init(
        method: HTTPMethod = .get, target: RequestTarget, rawTarget: String? = nil, headers: HTTPHeaders = [:],
        body: [UInt8] = [], remoteAddress: String = "127.0.0.1", tapResult: [UInt8]? = nil
    ) {
        self.method = method
        self.target = target
        self.rawTarget = rawTarget ?? target.path
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.tapResult = tapResult
    }

    /// The decoded path.
    package var path: String { target.path }

    /// The decoded segments of the path; an encoded slash stays inside its segment.
    package var segments: [String] { target.segments }

    /// The parameters of the query.
    package var query: QueryParameters { QueryParameters(items: target.query) }
}

/// The parameters of a query, in order; a name may be there several times.
package struct QueryParameters: Sendable, Sequence {
    fileprivate let items: [RequestTarget.QueryItem]

    /// The first value of a name.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// Every value of a name.
    package func values(for name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    package func makeIterator() -> AnyIterator<(name: String, value: String)> {
        var iterator = items.makeIterator()
        return AnyIterator { iterator.next().map { ($0.name, $0.value) } }
    }
}
