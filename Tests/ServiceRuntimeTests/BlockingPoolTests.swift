// SPDX-License-Identifier: MIT
import Dispatch
import Synchronization
import Testing

@testable import ServiceRuntime

@Suite(.timeLimit(.minutes(1))) struct BlockingPoolTests {
    private struct Broken: Error {}

    private struct Tally {
        var inside = 0
        var most = 0
        var done = 0
    }

    /// A locked value that several closures may hold.
    private final class Shared<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    @Test func returnsAndThrowsWhatTheBodyDoes() async throws {
        let pool = BlockingPool(name: "test", width: 2)
        #expect(try await pool.run { 42 } == 42)
        await #expect(throws: Broken.self) { try await pool.run { throw Broken() } }
    }

    @Test func runsAsManyAtOnceAsItIsWide() async throws {
        let pool = BlockingPool(name: "test", width: 3)
        // Each body waits until three are inside: with fewer workers this would never end.
        let inside = Shared(0)
        let allInside = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await pool.run {
                        let last = inside.value.withLock { count in
                            count += 1
                            return count == 3
                        }
                        if last { for _ in 0..<3 { allInside.signal() } }
                        allInside.wait()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func oneWorkerRunsJobsOneAfterTheOther() async throws {
        let pool = BlockingPool(name: "test", width: 1)
        let state = Shared(Tally())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    try await pool.run {
                        state.value.withLock {
                            $0.inside += 1
                            $0.most = max($0.most, $0.inside)
                        }
                        state.value.withLock {
                            $0.inside -= 1
                            $0.done += 1
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(state.value.withLock { $0.most } == 1)
        #expect(state.value.withLock { $0.done } == 500)
    }

    @Test func aJobThatWasCancelledBeforeItsTurnIsNotRun() async throws {
        let pool = BlockingPool(name: "test", width: 1)
        let begun = AsyncStream.makeStream(of: Void.self)
        let blocker = DispatchSemaphore(value: 0)
        let first = Task {
            try await pool.run {
                begun.continuation.yield()
                blocker.wait()
            }
        }
        var iterator = begun.stream.makeAsyncIterator()
        await iterator.next()
        let ran = Flag()
        let second = Task { try await pool.run { _ = ran.set() } }
        second.cancel()
        blocker.signal()
        try await first.value
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(!ran.isSet)
    }
}
