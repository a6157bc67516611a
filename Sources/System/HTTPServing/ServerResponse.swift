// SPDX-License-Identifier: MIT
package import HTTPTypes
package import JSONCoding

/// What a handler answers.
package struct ServerResponse: Sendable {
    /// The status.
    package var status: HTTPStatus
    /// The fields; `Content-Length`, `Transfer-Encoding` and `Date` are the server's own.
    package var headers: HTTPHeaders
    /// The content.
    package var body: ResponseBodyContent

    /// An answer with the given parts.
    package init(status: HTTPStatus = .ok, headers: HTTPHeaders = [:], body: ResponseBodyContent = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON, compact.
    package static func json(
        _ value: JSONValue, status: HTTPStatus = .ok, headers: HTTPHeaders = [:]
    ) -> ServerResponse {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return ServerResponse(status: status, headers: headers, body: .bytes(value.encoded()))
    }

    /// Plain text.
    package static func text(
        _ text: String, status: HTTPStatus = .ok, contentType: String = "text/plain; charset=utf-8"
    ) -> ServerResponse {
        ServerResponse(status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }

    /// An answer without content.
    package static func empty(_ status: HTTPStatus) -> ServerResponse {
        ServerResponse(status: status)
    }

    /// Content that is written while it comes into being, such as a watch. The connection ends with it: a drain must
    /// not wait for a client that keeps it open.
    package static func stream(
        contentType: String, status: HTTPStatus = .ok, headers: HTTPHeaders = [:],
        _ write: @escaping @Sendable (any ResponseWriter) async throws -> Void
    ) -> ServerResponse {
        var headers = headers
        headers["Content-Type"] = contentType
        return ServerResponse(status: status, headers: headers, body: .stream(write))
    }
}

/// Content of an answer.
package enum ResponseBodyContent: Sendable {
    /// All of it.
    case bytes([UInt8])
    /// Written piece by piece by a closure. Its task is cancelled when the client goes away or the server drains; when
    /// it throws before that, the client sees the content cut short, so that half of it never passes for all.
    case stream(@Sendable (any ResponseWriter) async throws -> Void)
}

/// Takes the pieces of streamed content.
package protocol ResponseWriter: Sendable {
    /// Sends `bytes`, waiting while the client is slower than the writer.
    ///
    /// - Throws: ``ClientGone`` once nobody reads any more, `CancellationError` while the server drains.
    func write(_ bytes: [UInt8]) async throws
}

/// The client went away in the middle of an answer.
package struct ClientGone: Error, CustomStringConvertible {
    package var description: String { "the client closed the connection" }
}
