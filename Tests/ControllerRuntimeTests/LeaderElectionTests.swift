// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite(.timeLimit(.minutes(1))) struct LeaderElectionTests {
    /// One candidate with what it tells the test.
    private struct Candidate: Sendable {
        let election: LeaderElection
        let metrics = MetricsRegistry()
        let log = Collector<String>()
        /// Opened by the test, so that the body can end.
        let mayEnd = Gate()

        init(_ server: ScriptedServer, _ identity: String, _ time: ManualTime, random: Double = 0) {
            election = LeaderElection(
                api: server.client(), namespace: "system", name: "operator", identity: identity, metrics: metrics,
                time: time.source, random: { random })
        }

        /// Leads with a body that ends some time after it was cancelled, when the test says so.
        func start(failing: Bool = false) -> Task<Void, any Error> {
            Task {
                try await election.lead { [log, mayEnd] in
                    log.append("begins")
                    try? await Task.sleep(for: .seconds(3600))
                    log.append("is asked to end")
                    // In a task of its own: it drains although it was cancelled.
                    await Task { try? await mayEnd.wait() }.value
                    log.append("ends")
                    if failing { throw DrainIncomplete(controller: "c", period: .seconds(30)) }
                }
            }
        }

        var status: Bool {
            metrics.render().contains(#"leader_election_master_status{name="operator"} 1"#)
        }
    }

    private func withLease(
        _ body: @Sendable (LeaseStub, ScriptedServer, ManualTime) async throws -> Void
    ) async throws {
        let lease = LeaseStub()
        try await ScriptedServer.run({ await lease.answer($0) }) { try await body(lease, $0, ManualTime()) }
    }

    /// Lets time pass in steps in which every renewal gets its answer.
    private func pass(_ seconds: Int, _ time: ManualTime, _ candidate: Candidate) async {
        for _ in 0..<seconds / 2 {
            let due = time.now + .seconds(2)
            await time.waitForSleeper(due: due)
            time.advance(by: .seconds(2))
        }
    }

    @Test func `the lease is given up after the work has ended, and renewed until then`() async throws {
        try await withLease { lease, server, time in
            let first = Candidate(server, "a", time)
            let leading = first.start()
            await first.log.wait(count: 1)
            #expect(lease.record?.holder == "a" && lease.record?.duration == .seconds(15))
            #expect(lease.record?.acquireTime != nil && lease.record?.transitions == 0)
            #expect(first.status)
            try first.election.fence.checkWrite()
            leading.cancel()
            await first.log.wait(count: 2)
            // Twenty seconds of draining: longer than a lead without renewals would last.
            await pass(20, time, first)
            #expect(lease.holder == "a" && first.election.fence.isOpen)
            first.mayEnd.open()
            try await leading.value
            #expect(lease.record?.holder == "" && lease.record?.duration == .seconds(1))
            #expect(!first.election.fence.isOpen && !first.status)
            try first.election.fence.forReports.checkWrite()

            // The next one does not wait for anything.
            let second = Candidate(server, "b", time)
            let next = second.start()
            await second.log.wait(count: 1)
            #expect(lease.record?.holder == "b" && lease.record?.transitions == 1)
            next.cancel()
            second.mayEnd.open()
            try await next.value
        }
    }

    @Test func `work that did not end in order keeps the lease from being given up`() async throws {
        try await withLease { lease, server, time in
            let candidate = Candidate(server, "a", time)
            let leading = candidate.start(failing: true)
            await candidate.log.wait(count: 1)
            candidate.mayEnd.open()
            leading.cancel()
            await #expect(throws: DrainIncomplete.self) { try await leading.value }
            #expect(lease.record?.holder == "a" && lease.record?.duration == .seconds(15))
            #expect(!candidate.election.fence.isOpen)
        }
    }

    @Test func `with the lease out of reach the leader stops in time and the next one starts after that`() async throws {
        try await withLease { lease, server, time in
            let first = Candidate(server, "a", time)
            let leading = first.start()
            await first.log.wait(count: 1)
            let second = Candidate(server, "b", time)
            let waiting = second.start()
            await time.wait { $0.filter { $0 == .seconds(2) }.count == 2 }

            lease.set(.isSilent)
            time.advance(by: .milliseconds(9_999))
            try first.election.fence.checkWrite()
            time.advance(by: .milliseconds(1))
            // Nobody had to notice anything.
            #expect(throws: APIError.self) { try first.election.fence.checkWrite() }
            #expect(throws: APIError.self) { try first.election.fence.forReports.checkWrite() }
            // The body does not end; nobody waits for it.
            let error = await #expect(throws: LeadershipLost.self) { try await leading.value }
            #expect(error?.description.contains("system/operator") == true)
            #expect(!first.status && first.log.values.contains("begins"))
            waiting.cancel()
            _ = await waiting.result
            #expect(second.log.values.isEmpty)
            first.mayEnd.open()
        }
    }

    @Test func `a dead leader's lease is taken fifteen seconds after it was last seen to change`() async throws {
        try await withLease { lease, server, time in
            lease.put(ElectionRecord(holder: "dead", duration: .seconds(15)))
            let candidate = Candidate(server, "b", time)
            let waiting = candidate.start()
            for second in stride(from: 2, through: 16, by: 2) {
                await time.waitForSleeper(due: .seconds(second))
                #expect(lease.holder == "dead")
                time.advance(by: .seconds(2))
            }
            await candidate.log.wait(count: 1)
            #expect(lease.holder == "b")
            waiting.cancel()
            candidate.mayEnd.open()
            try await waiting.value
        }
    }

    @Test func `a process that stood still writes nothing when it goes on`() async throws {
        try await withLease { lease, server, time in
            let candidate = Candidate(server, "a", time)
            let leading = candidate.start()
            await candidate.log.wait(count: 1)
            // Twenty seconds in which nothing of it ran, while another took over.
            lease.put(ElectionRecord(holder: "b", duration: .seconds(15)))
            time.advance(by: .seconds(20))
            let error = #expect(throws: APIError.self) { try candidate.election.fence.checkWrite() }
            #expect(error?.reason == .notLeading)
            await #expect(throws: LeadershipLost.self) { try await leading.value }
            #expect(lease.holder == "b")
            candidate.mayEnd.open()
        }
    }

    @Test func `failures that pass are counted and survived`() async throws {
        try await withLease { lease, server, time in
            let candidate = Candidate(server, "a", time)
            let leading = candidate.start()
            await candidate.log.wait(count: 1)
            lease.set(.fails)
            await pass(4, time, candidate)
            // Both tries of the second renewal were answered.
            await time.waitForSleeper(due: .seconds(6))
            lease.set(.answers)
            await pass(8, time, candidate)
            #expect(candidate.election.fence.isOpen && lease.holder == "a")
            #expect(candidate.metrics.render().contains(#"leader_election_slowpath_total{name="operator"} 2"#))
            leading.cancel()
            candidate.mayEnd.open()
            try await leading.value
        }
    }

    @Test func `whoever is cancelled while it waits never leads`() async throws {
        try await withLease { lease, server, time in
            lease.put(ElectionRecord(holder: "other", duration: .seconds(15)))
            let candidate = Candidate(server, "a", time)
            let waiting = candidate.start()
            await time.waitForSleepers(1)
            #expect(throws: APIError.self) { try candidate.election.fence.checkWrite() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(candidate.log.values.isEmpty && lease.holder == "other")
        }
    }

    @Test func `a lead that outlived its lease is a reason to restart`() {
        let time = ManualTime()
        let fence = LeaseFence(time: time.source)
        #expect(fence.overdue == nil)
        fence.open(until: .seconds(10))
        #expect(fence.overdue == nil && fence.isOpen)
        time.advance(by: .seconds(25))
        #expect(fence.overdue == .seconds(15))
        fence.close(isLost: true)
        fence.open(until: .seconds(100))
        #expect(!fence.isOpen)
    }

    @Test func `two processes on one host have two names`() {
        let names = Set((0..<10).map { _ in LeaderElection.makeIdentity(host: "node-1") })
        #expect(names.count == 10 && names.allSatisfy { $0.hasPrefix("node-1_") })
    }
}
