// SPDX-License-Identifier: MIT

extension StreamingReceiver {
    /// The queue between thread and task: state and rules, no lock and no effect.
    struct Machine {
        typealias HeadResult = Result<ResponseHead, HTTPClientError>
        typealias ChunkResult = Result<[UInt8]?, HTTPClientError>
        typealias HeadWaiter = CheckedContinuation<HeadResult, Never>
        typealias ChunkWaiter = CheckedContinuation<ChunkResult, Never>

        /// What to do after the lock is released.
        enum Action {
            case none
            case deliverHead(HeadWaiter, HeadResult)
            case deliverChunk(ChunkWaiter, ChunkResult)
            case resumeTransfer
        }

        /// Bytes that may wait; above it the transfer is paused.
        static let highMark = 256 << 10
        /// The transfer goes on when fewer bytes wait. Half, so that it does not stop and go with every chunk.
        static let lowMark = highMark / 2

        private let url: String
        private var head: ResponseHead?
        private var headWaiter: HeadWaiter?
        private var chunks: [[UInt8]] = []
        private var firstChunk = 0
        private var waitingBytes = 0
        private var chunkWaiter: ChunkWaiter?
        private var isPaused = false
        private var end: HTTPClientError??

        init(url: String) {
            self.url = url
        }

        /// Whether the transfer is over; chunks may still wait.
        var isFinished: Bool { end != nil }

        mutating func received(_ head: ResponseHead) -> Action {
            self.head = head
            guard let waiter = headWaiter, end == nil else { return .none }
            headWaiter = nil
            return .deliverHead(waiter, .success(head))
        }

        mutating func received(_ bytes: some Collection<UInt8>) -> (BodyAnswer, Action) {
            if end != nil { return (.refuse, .none) }
            if bytes.isEmpty { return (.taken, .none) }
            if let waiter = chunkWaiter {
                chunkWaiter = nil
                return (.taken, .deliverChunk(waiter, .success(Array(bytes))))
            }
            guard waitingBytes < Self.highMark else {
                isPaused = true
                return (.pause, .none)
            }
            chunks.append(Array(bytes))
            waitingBytes += bytes.count
            return (.taken, .none)
        }

        mutating func finished(_ error: HTTPClientError?) -> [Action] {
            guard end == nil else { return [] }
            end = .some(error)
            var actions: [Action] = []
            if let waiter = headWaiter {
                headWaiter = nil
                actions.append(.deliverHead(waiter, .failure(error ?? headless)))
            }
            if let waiter = chunkWaiter {
                chunkWaiter = nil
                actions.append(.deliverChunk(waiter, error.map { .failure($0) } ?? .success(nil)))
            }
            return actions
        }

        mutating func waitForHead(_ waiter: HeadWaiter) -> Action {
            if let error = end ?? nil { return .deliverHead(waiter, .failure(error)) }
            if let head { return .deliverHead(waiter, .success(head)) }
            if isFinished { return .deliverHead(waiter, .failure(headless)) }
            headWaiter = waiter
            return .none
        }

        mutating func waitForChunk(_ waiter: ChunkWaiter) -> [Action] {
            if firstChunk < chunks.count, !isCancelled {
                let chunk = takeChunk()
                let delivery = Action.deliverChunk(waiter, .success(chunk))
                guard isPaused, waitingBytes < Self.lowMark else { return [delivery] }
                isPaused = false
                return [delivery, .resumeTransfer]
            }
            if let end { return [.deliverChunk(waiter, end.map { .failure($0) } ?? .success(nil))] }
            precondition(chunkWaiter == nil, "a body has one reader at a time")
            chunkWaiter = waiter
            return []
        }

        /// Every complete answer has a head; one that ends without is none.
        private var headless: HTTPClientError {
            HTTPClientError(.protocolViolation, url: url, detail: "an answer without a status")
        }

        /// A cancelled stream ends at once; one that failed first gives what had arrived before.
        private var isCancelled: Bool { (end ?? nil)?.code == .cancelled }

        private mutating func takeChunk() -> [UInt8] {
            let chunk = chunks[firstChunk]
            chunks[firstChunk] = []
            firstChunk += 1
            waitingBytes -= chunk.count
            // Removed in groups: one by one would move the whole queue for every chunk.
            if firstChunk == chunks.count || firstChunk >= 64 {
                chunks.removeFirst(firstChunk)
                firstChunk = 0
            }
            return chunk
        }
    }
}
