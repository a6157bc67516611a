// SPDX-License-Identifier: MIT
import Synchronization

/// Hands an answer over while it arrives, with a bounded queue between the transport's thread and the reading task.
final class StreamingReceiver: TransferReceiver {
    private let state: Mutex<Machine>
    private let resumeTransfer: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

    init(url: String) {
        state = Mutex(Machine(url: url))
    }

    /// Says how to make a paused transfer go on.
    func onDrained(_ resume: @escaping @Sendable () -> Void) {
        resumeTransfer.withLock { $0 = resume }
    }

    /// Whether everything arrived or failed, so that there is nothing to cancel.
    var isFinished: Bool { state.withLock { $0.isFinished } }

    func received(_ head: ResponseHead) {
        perform(state.withLock { $0.received(head) })
    }

    func received(_ bytes: UnsafeRawBufferPointer) -> BodyAnswer {
        let (answer, action) = state.withLock { $0.received(bytes) }
        perform(action)
        return answer
    }

    func finished(_ error: HTTPClientError?) {
        for action in state.withLock({ $0.finished(error) }) { perform(action) }
    }

    /// Status and header fields; called by one task only.
    func head() async -> Machine.HeadResult {
        await withCheckedContinuation { continuation in
            perform(state.withLock { $0.waitForHead(continuation) })
        }
    }

    /// The next chunk, nil at the end.
    func nextChunk() async -> Machine.ChunkResult {
        await withCheckedContinuation { continuation in
            for action in state.withLock({ $0.waitForChunk(continuation) }) { perform(action) }
        }
    }

    /// Runs outside the lock: whoever is resumed may come right back.
    private func perform(_ action: Machine.Action) {
        switch action {
        case .none: break
        case .deliverHead(let waiter, let result): waiter.resume(returning: result)
        case .deliverChunk(let waiter, let result): waiter.resume(returning: result)
        case .resumeTransfer: resumeTransfer.withLock { $0 }?()
        }
    }
}
