// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Testing

@testable import AgentControllers

/// Single ways through the world of the random walks, each of which went wrong once.
@Suite(.timeLimit(.minutes(5))) struct WalkScenarioTests {
    /// A world in which nothing happens by itself. An even seed has triggers queued.
    private func with(seed: UInt64 = 2, _ body: @Sendable (WalkWorld) async throws -> Void) async throws {
        let clock = WalkClock()
        try await Operator.withCluster(clock: WallClock { clock.now }) { cluster, http in
            let world = try WalkWorld(seed: seed, issue: 1, cluster: cluster, http: http, clock: clock)
            _ = try await world.admin.objects(.namespace).create(DynamicObject(.namespace, name: world.namespace))
            world.host.host.open(world.issue)
            try await body(world)
        }
    }

    @Test func `a label that is taken off a run without a pod, which had one, changes nothing`() async throws {
        try await with { world in
            try await world.trigger("a")
            let pod = try await world.working("a")
            try await world.until("a", "the pod was ended") {
                world.clock.advance(.seconds(300))
                world.report(pod, waiting: true)
                return $0.status?.wait != nil && $0.status?.job == nil
            }
            world.host.host.takeOff("run:dev", world.issue)
            for _ in 0..<5 {
                world.clock.advance(.seconds(20))
                try await world.turn()
            }
            let run = try await world.run("a")
            #expect(run.phase != .cancelled && run.status?.stopping == nil, "\(run.readyMessage)")
        }
    }

    @Test func `a label that was set again while its run went on starts the next run, whatever becomes of the first`()
        async throws
    {
        try await with { world in
            try await world.trigger("a")
            let pod = try await world.working("a")
            world.host.host.takeOff("run:dev", world.issue)
            try await world.trigger("b")
            try await world.until("b", "it is queued") { $0.phase == .queued }
            try await world.end(pod, .pushed)
            try await world.until("a", "it is done") { $0.phase == .succeeded }
            #expect(world.host.host.labels(world.issue).contains("run:dev"))
            _ = try await world.working("b")
            world.clock.advance(.seconds(20))
            try await world.turn()
            #expect(try await world.run("b").phase == .running)
        }
    }

    @Test func `what a pod says is heard while the code host is away`() async throws {
        try await with { world in
            try await world.trigger("a")
            let pod = try await world.working("a")
            // Another process has no token of this run, and gets none.
            try await world.restart()
            world.weather.change { $0.hostFailures = 10_000 }
            world.clock.advance(.seconds(60))
            world.report(pod, waiting: true)
            try await world.turn()
            #expect(try await world.run("a").status?.wait != nil)
        }
    }

    @Test func `a run that is to go at once stays until people are told how it ended`() async throws {
        try await with { world in
            try await world.trigger("a", ttl: 0)
            let pod = try await world.working("a")
            try await world.end(pod, .pushed)
            try await world.until("a", "it is gone, or done and told", isGone: true) {
                $0.status?.statusCommentID != nil
            }
            for _ in 0..<3 { try await world.turn() }
            #expect(try await world.snapshot().runs.isEmpty)
            #expect(world.host.host.comments(world.issue).contains { $0.contains("done") })
        }
    }

    @Test func `what a pod used that its node lost is a row of its own`() async throws {
        try await with { world in
            try await world.trigger("a")
            let first = try await world.working("a")
            func use(_ tokens: Int64, _ pod: Pod) async throws {
                world.clock.advance(.seconds(60))
                let uid = pod.metadata.labels[Keys.runUID] ?? ""
                let report = ProgressReport(sessionID: "s-1", usage: .init(inputTokens: tokens, outputTokens: tokens))
                world.record.say(RunProgress(report: report, heartbeatAt: world.clock.now), runUID: uid, attempt: 1)
                try await world.turn()
            }
            try await use(1000, first)
            try await world.end(first, .nodeLost)
            let second = try await world.working("a")
            #expect(first.metadata.uid != second.metadata.uid)
            try await use(3, second)
            try await world.end(second, .pushed)
            try await world.until("a", "it is done") { $0.phase == .succeeded }
            let rows = world.record.usage.map(\.tokens)
            #expect(rows.map(\.inputTokens).sorted() == [100, 1000])
            #expect(rows.reduce(.init(), +) == (try await world.run("a").status?.usage))
        }
    }
}

extension WalkWorld {
    /// Somebody sets the label, and the webhook tells of it.
    func trigger(_ name: String, ttl: Int? = nil) async throws {
        host.host.set("run:dev", on: issue)
        try await create(name, .init(kind: "dev", label: "run:dev", actor: "octo", deliveryID: name), ttl: ttl)
    }

    func run(_ name: String) async throws -> AgentRun {
        try await admin.resource(AgentRun.self, namespace: namespace).get(name)
    }

    /// Everybody has one turn.
    func turn() async throws {
        try await controlJobs()
        try await endDeletedPods()
        let now = try await snapshot()
        process.see(now)
        for target in process.targets(now) { await reconcile(target) }
        try await check()
    }

    /// Gives turns until the run is as wanted, or gone.
    func until(
        _ name: String, _ what: String, isGone: Bool = false, _ condition: (AgentRun) throws -> Bool
    ) async throws {
        for _ in 0..<60 {
            try await turn()
            guard let run = try await admin.resource(AgentRun.self, namespace: namespace).find(name) else {
                if isGone { return }
                break
            }
            if try condition(run) { return }
            clock.advance(.seconds(1))
        }
        throw WalkFailure(description: "\(name) does not get there: \(what)\n\(trace.joined(separator: "\n"))")
    }

    /// The pod of the run's Job, with an agent that works.
    func working(_ name: String) async throws -> Pod {
        var found: Pod?
        try await until(name, "it works") { $0.phase == .running }
        for _ in 0..<20 where found == nil {
            try await turn()
            let now = try await snapshot()
            let uid = try await run(name).metadata.uid
            found = now.pods.first { $0.metadata.labels[Keys.runUID] == uid && $0.status.phase?.isTerminal != true }
        }
        guard let found else { throw WalkFailure(description: "\(name) has no pod\n\(trace.joined(separator: "\n"))") }
        try await start(found)
        try await turn()
        return found
    }
}
