// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(1)))
struct JobControllerTests {
    @discardableResult
    static func waitFor(_ condition: String, _ node: NodeFixture, _ name: String = "j") async throws -> JSONValue {
        try await node.wait(.job, name) { $0?.condition(condition)?["status"]?.stringValue == "True" }
    }

    @Test func aJobMakesOnePodAndCompletes() async throws {
        try await NodeFixture.with { node, _ in
            let job = try node.create(Make.job("j", "true"), .job)
            let done = try await Self.waitFor("Complete", node)
            #expect(done.at("status", "succeeded")?.integerValue == 1)
            #expect(done.at("status", "startTime") != nil)
            #expect(done.at("status", "completionTime") != nil)
            #expect(done.at("status", "active") == nil)
            let pods = try node.api.list(.pod, namespace: "default", labelSelector: "job-name=j").items
            #expect(pods.count == 1)
            let pod = try #require(pods.first)
            #expect(pod.name.hasPrefix("j-"))
            #expect(pod.labels["app"] == "test")
            #expect(pod.labels["batch.kubernetes.io/controller-uid"] == job.uid)
            #expect(pod.ownerReferences.first?["uid"]?.stringValue == job.uid)
            try await node.wait(.pod, pod.name) { $0?.finalizers.isEmpty == true }
        }
    }

    @Test func aFailedPodFailsAJobWithoutRetries() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(Make.job("j", "exit 4"), .job)
            let done = try await Self.waitFor("Failed", node)
            #expect(done.condition("Failed")?["reason"]?.stringValue == "BackoffLimitExceeded")
            #expect(done.at("status", "failed")?.integerValue == 1)
        }
    }

    @Test func theDeadlineOfAJobEndsItsPod() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(Make.job("j", "sleep 100", spec: ["activeDeadlineSeconds": 1]), .job)
            let done = try await Self.waitFor("Failed", node)
            #expect(done.condition("Failed")?["reason"]?.stringValue == "DeadlineExceeded")
            #expect(
                try node.api.list(.pod, namespace: "default", labelSelector: "job-name=j").items.allSatisfy {
                    $0.at("status", "phase")?.stringValue == "Failed" || $0.isBeingDeleted
                })
        }
    }

    @Test func afterItsTimeToLiveItGoes() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(Make.job("j", "true", spec: ["ttlSecondsAfterFinished": 0]), .job)
            try await node.wait(.job, "j") { $0 == nil || $0?.isBeingDeleted == true }
        }
    }

    @Test func aSuspendedJobStartsWhenItMay() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(Make.job("j", "true", spec: ["suspend": true]), .job)
            try await Self.waitFor("Suspended", node)
            #expect(try node.api.list(.pod, namespace: "default", labelSelector: "job-name=j").items.isEmpty)
            _ = try node.api.modify(.job, namespace: "default", name: "j", subresource: nil) {
                $0.setValue(false, at: ["spec", "suspend"])
            }
            try await Self.waitFor("Complete", node)
        }
    }

    @Test func aJobThatRanWhenTheNodeEndedHasFailed() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let count = "\(node.folder)/count"
        try await node.run { node, _ in
            try node.create(Make.job("j", "echo x >> \(count); while :; do sleep 0.01; done"), .job)
            try await eventually { (try? Files.readText(count)) == "x\n" }
        }
        try await node.run { node, _ in try await Self.waitFor("Failed", node) }
        #expect(try Files.readText(count) == "x\n")
    }

    @Test func aJobThatForgivesDisruptionsGetsAnotherPodAfterTheNodeEnded() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let count = "\(node.folder)/count"
        let rule: JSONValue = [
            "action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]],
        ]
        try await node.run { node, _ in
            let script = "echo x >> \(count); [ $(wc -l < \(count)) -ge 2 ] || while :; do sleep 0.01; done"
            try node.create(Make.job("j", script, spec: ["podFailurePolicy": ["rules": [rule]]]), .job)
            try await eventually { Files.exists(count) }
        }
        try await node.run { node, _ in
            let done = try await Self.waitFor("Complete", node)
            #expect(done.at("status", "succeeded")?.integerValue == 1)
            #expect((done.at("status", "failed")?.integerValue ?? 0) == 0)
        }
        let pods = try node.api.list(.pod, namespace: "default", labelSelector: "job-name=j").items
        #expect(pods.compactMap { $0.at("status", "phase")?.stringValue }.sorted() == ["Failed", "Succeeded"])
        #expect(try Files.readText(count) == "x\nx\n")
    }

    @Test func severalPodsRunBesideEachOther() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(Make.job("j", "true", spec: ["parallelism": 2, "completions": 5]), .job)
            let done = try await Self.waitFor("Complete", node)
            #expect(done.at("status", "succeeded")?.integerValue == 5)
        }
    }
}
