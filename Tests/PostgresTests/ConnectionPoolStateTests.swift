// SPDX-License-Identifier: MIT
import ServiceRuntime
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1)))
struct ConnectionPoolStateTests {
    private let now = ContinuousClock.now
    private let away = PostgresError(.unavailable, "away")

    private func makePool(_ slots: Int) -> ConnectionPoolState {
        ConnectionPoolState(
            slots: slots, backoff: Backoff(initial: .seconds(1), factor: 2, maximum: .seconds(8), jitter: 0))
    }

    private func check<T: Equatable>(_ value: T, _ expected: T, line: Int = #line) {
        #expect(value == expected, "line \(line)")
    }

    @Test
    func leasesUpToItsSlotsThenLetsWait() {
        var pool = makePool(2)
        check(pool.acquire(waiter: 1, now: now), .lease(slot: 0))
        check(pool.acquire(waiter: 2, now: now), .lease(slot: 1))
        check(pool.acquire(waiter: 3, now: now), .wait)
        check(pool.acquire(waiter: 4, now: now), .wait)
        #expect(pool.load == (2, 2))
        check(pool.release(slot: 1, .open, now: now), [.lease(waiter: 3, slot: 1)])
        check(pool.release(slot: 0, .closed, now: now), [.lease(waiter: 4, slot: 0)])
    }

    @Test
    func prefersAnIdleConnection() {
        var pool = makePool(3)
        _ = pool.acquire(waiter: 1, now: now)
        _ = pool.acquire(waiter: 2, now: now)
        _ = pool.release(slot: 1, .open, now: now)
        check(pool.acquire(waiter: 3, now: now), .lease(slot: 1))
    }

    @Test
    func nobodyOvertakesTheLine() {
        var pool = makePool(1)
        _ = pool.acquire(waiter: 1, now: now)
        _ = pool.acquire(waiter: 2, now: now)
        check(pool.release(slot: 0, .open, now: now), [.lease(waiter: 2, slot: 0)])
        check(pool.acquire(waiter: 3, now: now), .wait)
    }

    @Test
    func refusesWhilePostgresIsAwayAndProbesAfterThePause() {
        var pool = makePool(3)
        check(pool.acquire(waiter: 1, now: now), .lease(slot: 0))
        check(pool.release(slot: 0, .connectFailed(away), now: now), [])
        check(pool.acquire(waiter: 2, now: now + .milliseconds(999)), .refuse(away))
        // After the pause one probes, and the others wait for what it finds.
        check(pool.acquire(waiter: 3, now: now + .seconds(1)), .lease(slot: 0))
        check(pool.acquire(waiter: 4, now: now + .seconds(1)), .wait)
        check(pool.acquire(waiter: 5, now: now + .seconds(1)), .wait)
        check(pool.release(slot: 0, .connectFailed(away), now: now + .seconds(1)), [.refuse(waiters: [4, 5], away)])
        // The pause has grown.
        check(pool.acquire(waiter: 6, now: now + .milliseconds(2900)), .refuse(away))
        check(pool.acquire(waiter: 7, now: now + .seconds(3)), .lease(slot: 0))
        check(pool.acquire(waiter: 8, now: now + .seconds(3)), .wait)
        // The probe found it: those in line connect as well, and failures start anew.
        check(pool.connected(slot: 0, now: now + .seconds(3)), [.lease(waiter: 8, slot: 1)])
        check(pool.release(slot: 0, .connectFailed(away), now: now + .seconds(4)), [])
        _ = pool.release(slot: 1, .closed, now: now + .seconds(4))
        check(pool.acquire(waiter: 9, now: now + .seconds(5)), .lease(slot: 0))
    }

    @Test
    func idleConnectionsServeWhileNewOnesFail() {
        var pool = makePool(2)
        _ = pool.acquire(waiter: 1, now: now)
        _ = pool.acquire(waiter: 2, now: now)
        _ = pool.release(slot: 1, .connectFailed(away), now: now)
        check(pool.acquire(waiter: 3, now: now), .wait)
        check(pool.release(slot: 0, .open, now: now), [.lease(waiter: 3, slot: 0)])
        // The last connection is lost: nobody is left who could serve the line.
        check(pool.acquire(waiter: 4, now: now), .wait)
        check(pool.release(slot: 0, .closed, now: now), [.refuse(waiters: [4], away)])
    }

    @Test
    func abandonedWaitersGetNothing() {
        var pool = makePool(1)
        _ = pool.acquire(waiter: 1, now: now)
        _ = pool.acquire(waiter: 2, now: now)
        check(pool.abandon(waiter: 2), true)
        check(pool.abandon(waiter: 2), false)
        check(pool.release(slot: 0, .open, now: now), [])
    }

    @Test
    func shutsDown() {
        var pool = makePool(2)
        _ = pool.acquire(waiter: 1, now: now)
        _ = pool.acquire(waiter: 2, now: now)
        _ = pool.acquire(waiter: 3, now: now)
        _ = pool.release(slot: 1, .open, now: now)
        _ = pool.release(slot: 1, .open, now: now)
        let closed = PostgresError(.closed, "the client was shut down")
        check(pool.shutDown(), [.close(slot: 1)])
        check(pool.shutDown(), [])
        check(pool.acquire(waiter: 4, now: now), .refuse(closed))
        #expect(!pool.isDrained)
        check(pool.release(slot: 0, .open, now: now), [.close(slot: 0)])
        #expect(pool.isDrained)
    }
}
