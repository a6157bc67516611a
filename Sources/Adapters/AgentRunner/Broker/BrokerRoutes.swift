// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// One of the things that the broker offers: everything below one word of its address.
protocol BrokerPart: Sendable {
    /// Answers a request for this part.
    ///
    /// - Parameter path: the decoded segments below the part's word; empty for the word alone.
    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse
}

/// The broker's routing table: `/NONCE/WORD/…` goes to the part of that word, anything else is not found.
struct BrokerRoutes: Sendable {
    /// The part of the path that only the agent's container was told.
    let nonce: String
    /// The parts by their words, such as `repository.git`.
    let parts: [String: any BrokerPart]

    func answer(_ request: ServerRequest) async -> ServerResponse {
        let segments = request.segments
        guard segments.count > 1, isNonce(segments[0]), let part = parts[segments[1]] else {
            return .text("not found\n", status: .notFound)
        }
        return await part.answer(request, below: Array(segments.dropFirst(2)))
    }

    /// Compares in the same time wherever the first difference is.
    private func isNonce(_ text: String) -> Bool {
        let left = Array(text.utf8)
        let right = Array(nonce.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
