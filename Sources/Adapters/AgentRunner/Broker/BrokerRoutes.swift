// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// One of the things that the broker offers: everything below one word of its address.
protocol BrokerPart: Sendable {
    /// Answers a request for this part.
    ///
    /// - Parameter path: the decoded segments below the part's word; empty for the word alone.
    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse

    /// The largest body that this part takes, in bytes.
    var maximumBodyBytes: Int { get }
    /// The answer to a larger one.
    var tooLarge: ServerResponse { get }
}

extension BrokerPart {
    /// As much as the server takes.
    var maximumBodyBytes: Int { .max }

    /// A line of text.
    var tooLarge: ServerResponse { .text("the request is too large\n", status: .contentTooLarge) }
}

/// The broker's routing table: `/NONCE/WORD/…` goes to the part of that word, anything else is not found.
struct BrokerRoutes: Sendable {
    /// The part of the path that only the agent's container was told.
    let nonce: String
    /// The parts by their words, such as `repository.git`.
    let parts: [String: any BrokerPart]

    func answer(_ request: ServerRequest) async -> ServerResponse {
        guard let part = part(of: request) else { return .text("not found\n", status: .notFound) }
        return await part.answer(request, below: Array(request.segments.dropFirst(2)))
    }

    /// Refuses by its header what is larger than its part takes, before it is read.
    func refusal(_ head: ServerRequest) -> ServerResponse? {
        guard let part = part(of: head), let length = head.headers["Content-Length"].flatMap({ Int($0) }),
            length > part.maximumBodyBytes
        else { return nil }
        return part.tooLarge
    }

    private func part(of request: ServerRequest) -> (any BrokerPart)? {
        let segments = request.segments
        guard segments.count > 1, isNonce(segments[0]) else { return nil }
        return parts[segments[1]]
    }

    /// Compares in the same time wherever the first difference is.
    private func isNonce(_ text: String) -> Bool {
        let left = Array(text.utf8)
        let right = Array(nonce.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
