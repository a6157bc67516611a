// SPDX-License-Identifier: MIT
import Synchronization

/// The stand-in's own address, known once it listens.
final class ForgeBaseURL: Sendable {
    private struct State {
        var result: Result<Int, any Error>?
        var waiting: [CheckedContinuation<Int, any Error>] = []
    }

    private let host: String
    private let state = Mutex(State())

    init(host: String) { self.host = host }

    /// Without a slash at the end; port 0 before the stand-in listens, when nobody can have asked for it.
    var url: String { url(port: state.withLock { try? $0.result?.get() } ?? 0) }

    /// Waits until the stand-in listens, or has failed to.
    func wait() async throws -> String {
        let port = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int, any Error>) in
                let known = state.withLock { state -> Result<Int, any Error>? in
                    if let result = state.result { return result }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting.append(continuation)
                    return nil
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            // Whoever waits is started and stopped with the stand-in, so all of them stop.
            for continuation in takeWaiting() { continuation.resume(throwing: CancellationError()) }
        }
        return url(port: port)
    }

    /// Says where the stand-in listens, or why it does not; only the first word counts.
    func resolve(_ result: Result<Int, any Error>) {
        let waiting = state.withLock { state -> [CheckedContinuation<Int, any Error>] in
            guard state.result == nil else { return [] }
            state.result = result
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }

    private func takeWaiting() -> [CheckedContinuation<Int, any Error>] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    private func url(port: Int) -> String { "http://\(host):\(port)" }
}
