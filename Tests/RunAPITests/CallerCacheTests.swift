// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesClient
import RunAPI
import RunAPITestSupport
import ServiceRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallerCacheTests {
    @Test func anAnswerIsBelievedForTenSeconds() async throws {
        let (table, now) = (TokenTable(["a": .pod()]), HandClock())
        let cache = CallerCache(table, clock: now.clock)
        for _ in 1...3 { #expect(try await cache.caller(Secret("a")) == .pod()) }
        #expect(table.count == 1)
        table.set("a", .failure(.forbidden("the run has ended")))
        now.advance(seconds: 9.9)
        #expect(try await cache.caller(Secret("a")) == .pod())
        now.advance(seconds: 0.1)
        await #expect(throws: IdentityRefusal.forbidden("the run has ended")) { try await cache.caller(Secret("a")) }
        #expect(table.count == 2)
    }

    @Test func aRefusalIsAskedAboutSoonAgain() async throws {
        let (table, now) = (TokenTable(), HandClock())
        table.set("a", .failure(.notYet("the run does not know its Job yet")))
        let cache = CallerCache(table, clock: now.clock)
        for _ in 1...3 { await #expect(throws: IdentityRefusal.self) { try await cache.caller(Secret("a")) } }
        #expect(table.count == 1)
        table.set("a", .success(.pod()))
        now.advance(seconds: 1)
        #expect(try await cache.caller(Secret("a")) == .pod())
    }

    @Test func itIsBounded() async throws {
        let tokens = (1...50).map { "token-\($0)" }
        let table = TokenTable(Dictionary(uniqueKeysWithValues: tokens.map { ($0, .pod(run: $0)) }))
        let cache = CallerCache(table, capacity: 8, clock: HandClock().clock)
        for token in tokens { #expect(try await cache.caller(Secret(token)).runUID == token) }
        #expect(cache.count <= 8)
        #expect(try await cache.caller(Secret("token-1")).runUID == "token-1")
    }

    @Test func whatCouldNotBeFoundOutIsNotRemembered() async throws {
        struct Away: CallerReview {
            let calls = Counter()
            func caller(_ token: Secret<String>) async throws -> RunCaller {
                if calls.next() == 1 { throw APIError(reason: .transport, message: "away") }
                return .pod()
            }
        }
        let cache = CallerCache(Away(), clock: HandClock().clock)
        await #expect(throws: APIError.self) { try await cache.caller(Secret("a")) }
        #expect(try await cache.caller(Secret("a")) == .pod())
    }

    @Test func manyAtOnceAskOnce() async throws {
        final class Slow: CallerReview {
            let calls = Counter()
            let gate = AsyncStream.makeStream(of: Void.self)
            func caller(_ token: Secret<String>) async throws -> RunCaller {
                _ = calls.next()
                for await _ in gate.stream { break }
                return .pod()
            }
        }
        let slow = Slow()
        let cache = CallerCache(slow, clock: HandClock().clock)
        try await withThrowingTaskGroup(of: RunCaller.self) { group in
            for _ in 1...20 { group.addTask { try await cache.caller(Secret("a")) } }
            group.addTask {
                slow.gate.continuation.yield()
                return .pod()
            }
            for try await caller in group { #expect(caller == .pod()) }
        }
        #expect(slow.calls.value == 1)
    }
}

/// Counts.
private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
