// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SourceProvider
import Synchronization

@testable import AgentControllers

/// The walk as people and the webhook edge.
extension WalkWorld {
    static let most = 4

    /// Somebody sets a trigger label; the webhook tells of it, or is lost.
    func label(_ kind: TriggerKind, revise: Bool) async throws {
        let label = "run:\(kind.rawValue)\(revise ? ":revise" : "")"
        guard runCount < Self.most, !host.host.labels(issue).contains(label) else { return }
        runCount += 1
        host.host.set(label, on: issue)
        if chance(10) { return say("\(label) is set, and nobody hears of it") }
        say("\(label) is set")
        try await create(
            "run-\(runCount)",
            .init(kind: kind.rawValue, revise: revise, label: label, actor: "octo", deliveryID: "d-\(runCount)"))
    }

    /// Somebody applies a run.
    func apply(_ kind: TriggerKind, revise: Bool) async throws {
        guard runCount < Self.most else { return }
        runCount += 1
        say("run-\(runCount) is applied (\(kind.rawValue), revise \(revise))")
        try await create("run-\(runCount)", .init(kind: kind.rawValue, revise: revise))
    }

    func create(_ name: String, _ trigger: AgentRunSpec.Trigger, ttl: Int? = nil) async throws {
        let run = AgentRun(
            metadata: ObjectMeta(name: name, namespace: namespace),
            spec: AgentRunSpec(
                repository: "acme/shop", issue: issue, trigger: trigger,
                ttlSecondsAfterFinished: ttl ?? (chance(10) ? 3600 : nil)))
        _ = try await admin.resource(AgentRun.self, namespace: namespace).create(run)
    }

    /// Somebody changes what a run is to do, or takes it away.
    func meddle(_ run: AgentRun) async throws {
        let client = admin.resource(AgentRun.self, namespace: namespace)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            say("\(run.metadata.name) is cancelled")
            _ = try await client.patch(run.metadata.name, .merge(["spec": ["cancel": true]]))
        case 1:
            say("\(run.metadata.name) is deleted")
            try await client.delete(run.metadata.name)
        default:
            say("\(run.metadata.name) gets another attempt")
            _ = try await client.patch(
                run.metadata.name, .merge(["spec": ["attempts": .integer(Int64(min(4, (run.spec.attempts ?? 1) + 1)))]])
            )
        }
    }

    /// Somebody does something at the code host.
    func meddleAtHost() {
        let number = issue
        switch Int.random(in: 0..<25, using: &random) / 3 {
        case 8:
            say("the issue is deleted")
            host.host.state.withLock { $0.issues[number] = nil }
        case 0:
            say("the issue is closed or opened")
            host.host.state.withLock { $0.issues[number]?.isOpen.toggle() }
        case 1:
            guard let label = pick(host.host.labels(number).filter { $0.hasPrefix("run:") }) else { return }
            say("\(label) is taken off")
            host.host.takeOff(label, number)
        case 2:
            say("somebody pushes to the branch")
            host.host.push("codex/issue-\(number)", ["people.md": "100644"])
        case 3:
            say("the branch is deleted")
            host.host.move("codex/issue-\(number)", to: nil)
        case 4:
            guard let pull = host.host.pulls(from: "codex/issue-\(number)").first(where: \.isOpen) else { return }
            say("pull request \(pull.number) is closed")
            host.host.state.withLock { $0.pulls[pull.number]?.isOpen = false }
        case 5:
            guard let pull = host.host.pulls(from: "codex/issue-\(number)").first(where: \.isOpen) else { return }
            say("pull request \(pull.number) is merged")
            host.host.state.withLock { state in
                state.pulls[pull.number]?.isOpen = false
                state.branches["main"] = state.branches[pull.headBranch] ?? state.branches["main"]
            }
        case 6:
            say("main goes on")
            host.host.push("main", ["main-\(clock.now.microseconds).md": "100644"])
        default:
            let label = pick(["[ai-model-m-1]", "[ai-reasoning-high]", "mode:discussion"])!
            say("\(label) is set or taken off")
            if host.host.labels(number).contains(label) {
                host.host.takeOff(label, number)
            } else {
                host.host.set(label, on: number)
            }
        }
    }

    /// Something goes wrong.
    func worsen() {
        let now = clock.now
        let kind = Int.random(in: 0..<6, using: &random)
        let count = Int.random(in: 1..<8, using: &random)
        say(
            "worse: \(["the process stops after", "writes refused", "host away for", "answers lost", "limited", "database away for"][kind]) \(count)"
        )
        weather.change { weather in
            switch kind {
            case 0: weather.effectsLeft = count * 2
            case 1: weather.refusedWrites = min(count, 3)
            case 2: weather.hostFailures = count
            case 3: weather.lostAnswers = min(count, 2)
            case 4: weather.limitedUntil = now.adding(.seconds(60 * count))
            default: weather.recordFailures = count
            }
        }
    }
}
