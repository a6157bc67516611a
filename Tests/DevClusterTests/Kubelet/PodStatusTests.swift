// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

/// The status of a pod as it follows from its containers.
@Suite
struct PodStatusTests {
    static let now = Timestamp(microseconds: 1_000_000_000_000)

    enum Stage: Sendable {
        case waiting, running
        case ended(Int32)
    }

    static func record(_ name: String, _ stage: Stage) -> ContainerRecord {
        let key = name == "main" || name == "other" ? "containers" : "initContainers"
        var json: JSONValue = ["name": .string(name), "image": "i"]
        if name == "side" { json["restartPolicy"] = "Always" }
        var record = ContainerRecord(ContainerSpec.all(of: ["spec": .object([key: [json]])])[0])
        switch stage {
        case .waiting: break
        case .running: record.state = .running(since: now)
        case .ended(let code):
            record.state = .terminated(
                .init(exitCode: code, reason: "r", message: nil, startedAt: now, finishedAt: now))
        }
        return record
    }

    static func builder(
        _ records: [ContainerRecord], hasEnded: Bool = false, failure: (String, String)? = nil, pod: JSONValue = [:]
    ) -> PodStatusBuilder {
        PodStatusBuilder(
            pod: pod, records: records, failure: failure.map { (reason: $0.0, message: $0.1) }, hasEnded: hasEnded,
            now: now)
    }

    struct Case: Sendable {
        let stages: [(String, Stage)]
        var hasEnded = false
        let phase: String
        let ready: String
    }

    @Test(arguments: [
        Case(stages: [("init", .running), ("main", .waiting)], phase: "Pending", ready: "False"),
        Case(stages: [("side", .running), ("main", .waiting)], phase: "Pending", ready: "False"),
        Case(stages: [("side", .running), ("main", .running)], phase: "Running", ready: "True"),
        Case(stages: [("init", .ended(0)), ("main", .running)], phase: "Running", ready: "True"),
        Case(stages: [("main", .running), ("other", .ended(0))], phase: "Running", ready: "False"),
        Case(stages: [("main", .ended(0)), ("side", .running)], phase: "Running", ready: "False"),
        Case(stages: [("main", .ended(0)), ("side", .ended(143))], hasEnded: true, phase: "Succeeded", ready: "False"),
        Case(stages: [("main", .ended(0)), ("other", .ended(1))], hasEnded: true, phase: "Failed", ready: "False"),
        Case(stages: [("init", .ended(1)), ("main", .waiting)], hasEnded: true, phase: "Failed", ready: "False"),
    ])
    func phaseAndReadiness(_ example: Case) {
        let builder = Self.builder(example.stages.map { Self.record($0.0, $0.1) }, hasEnded: example.hasEnded)
        let pod: JSONValue = ["status": builder.build()]
        #expect(pod.at("status", "phase")?.stringValue == example.phase)
        #expect(pod.condition("Ready")?["status"]?.stringValue == example.ready)
        #expect(pod.condition("PodScheduled")?["status"]?.stringValue == "True")
    }

    @Test func aFailureOfThePodAsAWholeWins() {
        let status = Self.builder([Self.record("main", .ended(0))], hasEnded: true, failure: ("DeadlineExceeded", "m"))
            .build()
        #expect(status["phase"]?.stringValue == "Failed")
        #expect(status["reason"]?.stringValue == "DeadlineExceeded")
    }

    @Test func conditionsKeepTheTimeOfTheirLastChange() {
        let earlier = "2001-01-01T00:00:00Z"
        let old: JSONValue = [
            "status": [
                "conditions": [
                    ["type": "Ready", "status": "True", "lastTransitionTime": .string(earlier)],
                    ["type": "codex-k8s.dev/other", "status": "True", "lastTransitionTime": .string(earlier)],
                ]
            ]
        ]
        let same: JSONValue = ["status": Self.builder([Self.record("main", .running)], pod: old).build()]
        #expect(same.condition("Ready")?["lastTransitionTime"]?.stringValue == earlier)
        #expect(same.condition("codex-k8s.dev/other") != nil)
        let changed: JSONValue = ["status": Self.builder([Self.record("main", .ended(0))], pod: old).build()]
        #expect(changed.condition("Ready")?["lastTransitionTime"]?.stringValue == Self.now.description)
    }

    @Test func whatWasWrittenIsReadBack() {
        var record = Self.record("main", .ended(7))
        record.restartCount = 2
        record.last = record.termination
        let status = Self.builder([record], hasEnded: true).build()
        var restored = Self.record("main", .waiting)
        restored.restore(status["containerStatuses"]?[0] ?? .null)
        #expect(restored == record)
        var running = Self.record("main", .waiting)
        running.restore(Self.builder([Self.record("main", .running)]).build()["containerStatuses"]?[0] ?? .null)
        #expect(running.isRunning)
    }
}
