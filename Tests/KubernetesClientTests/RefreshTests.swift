// SPDX-License-Identifier: MIT
import KubernetesTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

/// A value from outside whose time and source a test controls.
private final class Source: Sendable {
    struct Missing: Error {}

    private let state = Mutex((value: String?.none, fetches: 0, time: ContinuousClock.now))
    /// While it is closed, fetches stay under way.
    let gate = Mutex<AsyncStream<Void>?>(nil)

    var fetches: Int { state.withLock { $0.fetches } }
    var now: ContinuousClock.Instant { state.withLock { $0.time } }

    func set(_ value: String?) { state.withLock { $0.value = value } }
    func pass(_ duration: Duration) { state.withLock { $0.time += duration } }

    func refreshed(
        freshFor: Duration = .seconds(60), validFor: Duration? = nil, started: Collector<Int>? = nil
    ) -> Refreshed<String> {
        Refreshed(now: { self.now }, isSame: { $0 == $1 }) { () async throws(APIError) in
            let (value, count) = self.state.withLock { state in
                state.fetches += 1
                return (state.value, state.fetches)
            }
            started?.append(count)
            if let gate = self.gate.withLock({ $0 }) { for await _ in gate {} }
            guard let value else { throw APIError(reason: .transport, message: "nothing there") }
            return .init(value: value, freshFor: freshFor, validFor: validFor)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct RefreshTests {
    private let source = Source()

    @Test func `it is fetched again after its time`() async throws {
        source.set("one")
        let value = source.refreshed()
        #expect(try await value.current().value == "one")
        source.set("two")
        source.pass(.seconds(59))
        #expect(try await value.current().value == "one")
        #expect(source.fetches == 1)
        source.pass(.seconds(1))
        let changed = try await value.current()
        #expect(changed.value == "two" && changed.number == 2)
        source.pass(.seconds(60))
        // The same again is no new version.
        #expect(try await value.current().number == 2)
        #expect(source.fetches == 3)
    }

    @Test func `a failure keeps what there is, and is not repeated at once`() async throws {
        source.set("one")
        let value = source.refreshed()
        _ = try await value.current()
        source.set(nil)
        source.pass(.seconds(60))
        for _ in 0..<10 { #expect(try await value.current().value == "one") }
        #expect(source.fetches == 2)
        // Pauses double up to half a minute: of ninety seconds few are spent fetching, and none without a value.
        for _ in 0..<90 {
            source.pass(.seconds(1))
            #expect(try await value.current().value == "one")
        }
        #expect((5...9).contains(source.fetches))
        source.set("two")
        source.pass(.seconds(30))
        #expect(try await value.current().value == "two")
    }

    @Test func `without a value the failure is the answer, remembered for a moment`() async throws {
        let value = source.refreshed()
        for _ in 0..<3 {
            await #expect { try await value.current() } throws: { ($0 as? APIError)?.message == "nothing there" }
        }
        #expect(source.fetches == 1)
        source.set("late")
        source.pass(.seconds(1))
        #expect(try await value.current().value == "late")
    }

    @Test func `all who wait share one fetch`() async throws {
        source.set("one")
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        source.gate.withLock { $0 = gate }
        let started = Collector<Int>()
        let value = source.refreshed(started: started)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await value.current().value } }
            await started.wait(count: 1)
            opening.finish()
            for try await text in group { #expect(text == "one") }
        }
        #expect(source.fetches == 1)
    }

    @Test func `who is cancelled does not wait, and the others get their value`() async throws {
        source.set("one")
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        source.gate.withLock { $0 = gate }
        let started = Collector<Int>()
        let value = source.refreshed(started: started)
        let impatient = Task { try await value.current().value }
        let patient = Task { try await value.current().value }
        await started.wait(count: 1)
        impatient.cancel()
        await #expect { try await impatient.value } throws: { ($0 as? APIError)?.reason == .cancelled }
        opening.finish()
        #expect(try await patient.value == "one")
    }

    @Test func `what has an end is renewed before it, without anybody waiting`() async throws {
        source.set("one")
        let started = Collector<Int>()
        let value = source.refreshed(freshFor: .seconds(50), validFor: .seconds(60), started: started)
        #expect(try await value.current().value == "one")
        source.pass(.seconds(55))
        source.set("two")
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        source.gate.withLock { $0 = gate }
        #expect(try await value.current().value == "one")
        await started.wait(count: 2)
        // Over: from here on everybody waits.
        source.pass(.seconds(10))
        let waiting = Task { try await value.current().value }
        opening.finish()
        #expect(try await waiting.value == "two")
        #expect(source.fetches == 2)
    }

    @Test func `what has ended is not used`() async throws {
        source.set("one")
        let value = source.refreshed(freshFor: .seconds(50), validFor: .seconds(60))
        _ = try await value.current()
        source.set(nil)
        source.pass(.seconds(61))
        await #expect { try await value.current() } throws: { ($0 as? APIError)?.message == "nothing there" }
    }

    @Test func `a refusal fetches once for all that were refused`() async throws {
        source.set("one")
        let value = source.refreshed()
        let number = try await value.current().number
        source.set("two")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { try await value.renew(refused: number) } }
            for try await isChanged in group { #expect(isChanged) }
        }
        #expect(source.fetches == 2)
        #expect(try await value.current().value == "two")
    }

    @Test func `a refused value is given to nobody while a better one is looked for`() async throws {
        source.set("one")
        let started = Collector<Int>()
        let value = source.refreshed(started: started)
        let number = try await value.current().number
        source.set("two")
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        source.gate.withLock { $0 = gate }
        let renewal = Task { try await value.renew(refused: number) }
        await started.wait(count: 2)
        let other = Task { try await value.current().value }
        opening.finish()
        #expect(try await renewal.value)
        #expect(try await other.value == "two")
    }

    @Test func `refusals of what stays the same do not fetch all the time`() async throws {
        source.set("one")
        let value = source.refreshed()
        let number = try await value.current().number
        for _ in 0..<10 { #expect(try await value.renew(refused: number) == false) }
        #expect(source.fetches == 2)
        source.pass(.seconds(2))
        #expect(try await value.renew(refused: number) == false)
        #expect(source.fetches == 3)
        #expect(try await value.current().value == "one")
    }
}
