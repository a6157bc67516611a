// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization
import SystemCalls
import Testing

@testable import AgentControllers

/// Random walks over runs of one issue: whatever happens between any two reconciles, what must never be is never seen,
/// and once the world is calm every run comes to its end.
///
/// A walk is named by its seed. `CODEXK8S_WALK_SEEDS=FIRST-LAST` has others than the usual ones walked, and
/// `CODEXK8S_WALK_STEPS` sets how far.
@Suite(.timeLimit(.minutes(30))) struct RandomWalkTests {
    static func setting(_ name: String) -> String? { ProcessIdentity.environment[name] }

    static var seeds: ClosedRange<UInt64> {
        let bounds = setting("CODEXK8S_WALK_SEEDS")?.split(separator: "-").compactMap { UInt64($0) } ?? []
        guard let first = bounds.first, let last = bounds.last, first <= last else { return 1...4 }
        return first...last
    }

    @Test func `whatever happens, runs come to one good end`() async throws {
        let clock = WalkClock()
        let steps = Self.setting("CODEXK8S_WALK_STEPS").flatMap { Int($0) } ?? 60
        try await Operator.withCluster(clock: WallClock { clock.now }) { cluster, http in
            var issue = 1000
            for seed in Self.seeds {
                func walk(_ steps: Int) async throws -> (failure: String, trace: [String])? {
                    issue += 1
                    let world = try WalkWorld(seed: seed, issue: issue, cluster: cluster, http: http, clock: clock)
                    return await world.walk(steps)
                }
                guard var worst = try await walk(steps) else { continue }
                // The fewest steps after which it goes wrong say most.
                var fewest = steps
                for fewer in stride(from: steps - 5, through: 5, by: -5) {
                    guard let found = try await walk(fewer) else { break }
                    (worst, fewest) = (found, fewer)
                }
                Issue.record("seed \(seed), \(fewest) steps: \(worst.failure)\n\(worst.trace.joined(separator: "\n"))")
            }
        }
    }
}

extension WalkWorld {
    /// Walks so many steps through everything that can happen, then calms down.
    ///
    /// - Returns: what was wrong.
    func walk(_ steps: Int) async -> (failure: String, trace: [String])? {
        do {
            _ = try await admin.objects(.namespace).create(DynamicObject(.namespace, name: namespace))
            host.host.open(issue)
            host.host.state.withLock { _ = $0.healable.insert(issue) }
            try await label(.dev, revise: false)
            for _ in 0..<steps {
                try await step()
                try await check()
                if weather.isDead { try await restart() }
            }
            try await calmDown()
            try await checkEnd()
            return nil
        } catch {
            return ("\(error)", trace)
        }
    }

    private func step() async throws {
        let now = try await snapshot()
        // Caches lag behind at times.
        if chance(85) { process.see(now) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45:
            if let target = pick(process.targets(now)) { await reconcile(target) }
        case 45..<55: clock.advance(.seconds([1, 5, 20, 70, 700].randomElement(using: &random)!))
        case 55: clock.advance(.seconds(4000))
        case 56:
            say("the clock is set back")
            clock.advance(.seconds(-20))
            observed.clocks = [:]
        case 57..<75: try await node(now)
        case 75..<80: try await label(pick([.dev, .dev, .arch, .rethink])!, revise: chance(40))
        case 80..<83: try await apply(.dev, revise: chance(50))
        case 83..<87: if let run = pick(now.runs) { try await meddle(run) }
        case 87..<92: meddleAtHost()
        case 92..<97: worsen()
        case 97: try await restart()
        default:
            say("healing")
            await process.healing.pass()
        }
    }

    private func node(_ now: WalkSnapshot) async throws {
        try await controlJobs()
        let working = now.pods.filter { $0.status.phase?.isTerminal != true && !$0.metadata.isBeingDeleted }
        guard let pod = pick(working) else { return try await endDeletedPods() }
        guard pod.status.container("agent")?.state.running != nil else {
            return chance(85) ? try await start(pod) : try await refuseToStart(pod)
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: report(pod, waiting: chance(40))
        case 4:
            say("pod \(pod.metadata.name) is deleted")
            try await admin.resource(Pod.self, namespace: pod.metadata.namespace).delete(pod.metadata.name)
        case 5:
            guard
                let job = now.jobs.first(where: { job in
                    pod.metadata.ownerReferences.contains { $0.uid == job.metadata.uid }
                })
            else { return }
            say("Job \(job.metadata.name) is deleted")
            deletedJobs.insert(job.metadata.name)
            try await admin.resource(Job.self, namespace: job.metadata.namespace).delete(
                job.metadata.name, options: .init(propagation: .background))
        default: try await end(pod, pick(AgentEnd.allCases)!)
        }
    }

    // MARK: The calm

    /// Nothing goes wrong any more, and everybody does what there is to do, until nothing is left.
    private func calmDown() async throws {
        say("calm")
        weather.calm()
        try await restart()
        await process.healing.pass()
        for _ in 0..<600 {
            try await controlJobs()
            try await endDeletedPods()
            try await workOn()
            let now = try await snapshot()
            process.see(now)
            let woken = process.targets(now).filter { target in
                process.signatures[target] != now.signature(of: target)
                    || process.due[target].map { $0 <= clock.now } ?? false
            }
            for target in woken {
                process.signatures[target] = now.signature(of: target)
                await reconcile(target)
                try await check()
            }
            if !woken.isEmpty { continue }
            let changed = try await snapshot()
            guard !process.targets(changed).contains(where: { process.signatures[$0] != changed.signature(of: $0) })
            else { continue }
            if try await isOver() { return try await checkQuiet() }
            guard let next = process.due.values.min() else {
                // What the cluster's own controllers do takes a moment.
                try await Task.sleep(for: .milliseconds(5))
                clock.advance(.seconds(30))
                continue
            }
            clock.advance(max(.seconds(1), next.since(clock.now)))
        }
        let runs = try await snapshot().runs.map { "\($0.metadata.name) \($0.phase.rawValue) \($0.readyMessage)" }
        throw WalkFailure(description: "it does not come to an end: \(runs)")
    }

    /// Pods start, and agents do their work.
    private func workOn() async throws {
        for pod in try await snapshot().pods where pod.status.phase?.isTerminal != true && !pod.metadata.isBeingDeleted
        {
            if pod.status.container("agent")?.state.running == nil {
                try await start(pod)
            } else {
                try await end(pod, .pushed)
            }
        }
    }

    /// Whether every run has ended and nobody has anything more to do with it.
    private func isOver() async throws -> Bool {
        let now = try await snapshot()
        return now.runs.allSatisfy { run in
            run.phase.isTerminal && !run.metadata.isBeingDeleted && process.due[.run(run.metadata.key)] == nil
        } && now.pods.allSatisfy { !$0.metadata.isBeingDeleted }
            && now.jobs.allSatisfy { !$0.metadata.isBeingDeleted } && process.context.audit.waiting == 0
    }

    /// Where nothing changes nothing is written.
    private func checkQuiet() async throws {
        let now = try await snapshot()
        process.see(now)
        let before = weather.effects
        for target in process.targets(now) { await reconcile(target) }
        await process.healing.pass()
        let effects = weather.effects(since: before)
        if !effects.isEmpty { throw WalkFailure(description: "nothing changed, and yet: \(effects)") }
    }
}
