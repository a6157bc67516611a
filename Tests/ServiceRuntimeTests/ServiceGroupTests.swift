// SPDX-License-Identifier: MIT
import Glibc
import Synchronization
import Testing

@testable import ServiceRuntime

@Suite(.timeLimit(.minutes(1))) struct ServiceGroupTests {
    private struct Broken: Error {}

    /// What services did, in order, and a way to wait for it.
    private final class Journal: Sendable {
        private let stream = AsyncStream.makeStream(of: String.self)
        private let lines = Mutex<[String]>([])

        var entries: [String] { lines.withLock { $0 } }

        func note(_ line: String) {
            lines.withLock { $0.append(line) }
            stream.continuation.yield(line)
        }

        func wait(for wanted: String) async {
            for await line in stream.stream where line == wanted { return }
        }
    }

    /// Runs until cancelled.
    private func worker(_ name: String, _ journal: Journal) -> (name: String, any Service) {
        let service = ClosureService {
            journal.note("\(name) runs")
            let forever = AsyncStream<Never> { _ in }
            for await _ in forever {}
            journal.note("\(name) stops")
            throw CancellationError()
        }
        return (name: name, service)
    }

    /// Ignores every request to stop until released.
    private func stubborn(_ name: String, _ journal: Journal, release: AsyncStream<Void>) -> (name: String, any Service)
    {
        let service = ClosureService {
            await Task { for await _ in release { break } }.value
            journal.note("\(name) stops")
        }
        return (name: name, service)
    }

    private func group(
        _ services: [(name: String, any Service)], signals: AsyncStream<Signal> = AsyncStream { _ in },
        clock: any Clock<Duration> = ManualClock(), log: LogSink = .discard,
        exit: @escaping @Sendable (Int32) -> Void = { _ in }
    ) -> ServiceGroup {
        ServiceGroup(
            services, gracePeriod: .seconds(20), abandonPeriod: .seconds(5), clock: clock,
            logger: Logger(label: "test", level: .debug, sink: log), signals: { signals }, exit: exit)
    }

    @Test func aSignalStopsInReverseOrder() async throws {
        let journal = Journal()
        let (signals, signal) = AsyncStream.makeStream(of: Signal.self)
        let group = group(["a", "b", "c"].map { worker($0, journal) }, signals: signals)
        async let end: Void = group.run()
        await journal.wait(for: "a runs")
        signal.yield(.terminate)
        try await end
        #expect(journal.entries.filter { $0.hasSuffix("stops") } == ["c stops", "b stops", "a stops"])
    }

    /// With a signal that does nothing by default and that no other test sends.
    @Test func aSignalToTheProcessStopsTheGroup() async throws {
        let journal = Journal()
        let group = ServiceGroup(
            [worker("a", journal)], signals: [Signal(rawValue: SIGWINCH)], logger: .disabled)
        async let end: Void = group.run()
        await journal.wait(for: "a runs")
        #expect(kill(getpid(), SIGWINCH) == 0)
        try await end
        #expect(journal.entries == ["a runs", "a stops"])
    }

    @Test func aFailureEndsTheGroupWithThatError() async {
        let journal = Journal()
        let failing = ClosureService { throw Broken() }
        let log = LogMemory()
        let group = group([worker("a", journal), (name: "b", failing), worker("c", journal)], log: log.sink)
        await #expect(throws: Broken.self) { try await group.run() }
        #expect(journal.entries.contains("a stops") || !journal.entries.contains("a runs"))
        #expect(log.records.contains { $0.level == .error && $0.metadata["service"] == "b" })
    }

    @Test func cancellingTheTaskStopsTheGroup() async throws {
        let journal = Journal()
        let group = group([worker("a", journal), worker("b", journal)])
        let task = Task { try await group.run() }
        await journal.wait(for: "b runs")
        task.cancel()
        try await task.value
        #expect(journal.entries.suffix(2) == ["b stops", "a stops"])
    }

    @Test func aGroupOfFinishedServicesReturns() async throws {
        try await group([(name: "a", ClosureService {}), (name: "b", ClosureService {})]).run()
    }

    @Test func aSecondSignalExitsWithItsNumber() async throws {
        let journal = Journal()
        let (signals, signal) = AsyncStream.makeStream(of: Signal.self)
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        let (codes, code) = AsyncStream.makeStream(of: Int32.self)
        let group = group(
            [stubborn("a", journal, release: release)], signals: signals, exit: { code.yield($0) })
        async let end: Void = group.run()
        signal.yield(.terminate)
        signal.yield(.interrupt)
        var iterator = codes.makeAsyncIterator()
        #expect(await iterator.next() == 130)
        releasing.yield()
        try await end
    }

    @Test func servicesThatDoNotStopAreNamed() async throws {
        let journal = Journal()
        let clock = ManualClock()
        let (signals, signal) = AsyncStream.makeStream(of: Signal.self)
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        let group = group(
            [worker("a", journal), stubborn("b", journal, release: release)], signals: signals, clock: clock)
        let task = Task { try await group.run() }
        await journal.wait(for: "a runs")
        signal.yield(.terminate)
        await clock.waitForSleepers()
        clock.advance(by: .seconds(20))
        await journal.wait(for: "a stops")
        await clock.waitForSleepers()
        clock.advance(by: .seconds(5))
        await #expect(throws: ServiceGroupError(stuck: ["b"])) { try await task.value }
        releasing.yield()
    }
}
