// SPDX-License-Identifier: MIT
import Synchronization

/// Gathers an answer and hands it over whole: one wake-up a request.
final class CollectingReceiver: TransferReceiver {
    typealias Outcome = Result<ClientResponse, HTTPClientError>

    private struct State {
        var head: ResponseHead?
        var body: [UInt8] = []
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    private let url: String
    private let limit: Int
    private let state = Mutex(State())

    init(url: String, limit: Int) {
        self.url = url
        self.limit = limit
    }

    func received(_ head: ResponseHead) {
        state.withLock { $0.head = head }
    }

    func received(_ bytes: UnsafeRawBufferPointer) -> BodyAnswer {
        let isTooLarge = state.withLock { state in
            guard state.body.count + bytes.count <= limit else { return true }
            state.body.append(contentsOf: bytes)
            return false
        }
        guard isTooLarge else { return .taken }
        finished(HTTPClientError(.bodyTooLarge, url: url, detail: "more than \(limit) bytes"))
        return .refuse
    }

    func finished(_ error: HTTPClientError?) {
        let (waiter, outcome) = state.withLock { state -> (CheckedContinuation<Outcome, Never>?, Outcome) in
            let outcome = state.outcome ?? Self.outcome(&state, error, url)
            state.outcome = outcome
            defer { state.waiter = nil }
            return (state.waiter, outcome)
        }
        waiter?.resume(returning: outcome)
    }

    private static func outcome(_ state: inout State, _ error: HTTPClientError?, _ url: String) -> Outcome {
        if let error { return .failure(error) }
        guard let head = state.head else {
            return .failure(HTTPClientError(.protocolViolation, url: url, detail: "an answer without a status"))
        }
        defer { state.body = [] }
        return .success(ClientResponse(head, body: state.body))
    }

    /// The answer, once; called by one task only.
    func response() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Outcome? in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
