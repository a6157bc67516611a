// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

/// A kubelet that ends writes nothing and kills everything, exactly as `kill -9` of the whole process does.
@Suite(.timeLimit(.minutes(1)))
struct KubeletRecoveryTests {
    @Test func aPodThatRanIsReportedLostAndNotRunAgain() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let count = "\(node.folder)/count"
        let script = "printf result > \"$M\"; echo x >> \(count); while :; do sleep 0.01; done"
        try await node.run { node, _ in
            let container = Make.container("main", script, ["env": [["name": "M", "value": "/dev/termination-log"]]])
            try node.create(Make.pod("p", [container]), .pod)
            try await node.waitForPhase("Running", "p")
            try await eventually { (try? Files.readText(count)) == "x\n" }
        }
        #expect(try node.get(.pod, "p").at("status", "phase")?.stringValue == "Running")
        try await node.run { node, _ in
            let pod = try await node.waitForPhase("Failed", "p")
            #expect(pod.at("status", "reason")?.stringValue == "NodeRestart")
            #expect(pod.end("main")?["reason"]?.stringValue == "ContainerStatusUnknown")
            #expect(pod.end("main")?["exitCode"]?.integerValue == 137)
            // What it had left before is not lost.
            #expect(pod.end("main")?["message"]?.stringValue == "result")
        }
        #expect(try Files.readText(count) == "x\n")
    }

    @Test func aPodWithASidecarEndsWithItsNodeAndIsNotRunAgain() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let order = "\(node.folder)/order"
        try await node.run { node, _ in
            let initial: JSONValue = [
                Make.container("one", "echo one >> \(order)"),
                Make.container(
                    "side", "echo side >> \(order); while :; do sleep 0.01; done", ["restartPolicy": "Always"]),
            ]
            let main = Make.container("main", "echo main >> \(order); while :; do sleep 0.01; done")
            try node.create(Make.pod("p", [main], spec: ["initContainers": initial]), .pod)
            try await eventually { (try? Files.readText(order))?.contains("main") == true }
            try await node.wait(.pod, "p") { $0?.container("main")?.at("state", "running") != nil }
        }
        try await node.run { node, _ in
            let pod = try await node.waitForPhase("Failed", "p")
            #expect(pod.end("one")?["exitCode"]?.integerValue == 0)
            #expect(pod.end("side")?["reason"]?.stringValue == "ContainerStatusUnknown")
            #expect(pod.end("main")?["reason"]?.stringValue == "ContainerStatusUnknown")
        }
        #expect(try Files.readText(order).split(separator: "\n").count == 3)
    }

    @Test func aPodWhoseMainWorkWasDoneHasSucceeded() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let up = "\(node.folder)/up"
        try await node.run { node, _ in
            // A sidecar that takes its time to end keeps the pod running after its main container.
            let side = Make.container(
                "side", "trap '' TERM; touch \(up); while :; do sleep 0.01; done", ["restartPolicy": "Always"])
            let main = Make.container("main", "until [ -e \(up) ]; do sleep 0.01; done")
            try node.create(Make.pod("p", [main], spec: ["initContainers": [side]]), .pod)
            try await node.wait(.pod, "p") { $0?.end("main") != nil }
        }
        try await node.run { node, _ in try await node.waitForPhase("Succeeded", "p") }
    }

    @Test func aPodThatWasAskedToGoGoesWithoutStartingAnything() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let count = "\(node.folder)/count"
        try await node.run { node, _ in
            let side = Make.container(
                "side", "echo side >> \(count); while :; do sleep 0.01; done", ["restartPolicy": "Always"])
            let main = Make.container("main", "trap '' TERM; echo main >> \(count); while :; do sleep 0.01; done")
            try node.create(Make.pod("p", [main], policy: "Always", spec: ["initContainers": [side]]), .pod)
            try await eventually { (try? Files.readText(count))?.contains("main") == true }
            try node.api.delete(.pod, namespace: "default", name: "p")
        }
        try await node.run { node, _ in try await node.waitForGone(.pod, "p") }
        #expect(try Files.readText(count).split(separator: "\n").count == 2)
    }

    @Test func aPodThatWasNotStartedIsStarted() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        try node.create(Make.pod("p", [Make.container("main", "true")]), .pod)
        try await node.run { node, _ in try await node.waitForPhase("Succeeded", "p") }
        // And one that has ended stays as it is, and can go.
        try await node.run { node, _ in
            let version = try node.get(.pod, "p").resourceVersion
            try node.create(Make.pod("q", [Make.container("main", "true")]), .pod)
            try await node.waitForPhase("Succeeded", "q")
            #expect(try node.get(.pod, "p").resourceVersion == version)
            try node.api.delete(.pod, namespace: "default", name: "p")
            try await node.waitForGone(.pod, "p")
        }
    }

    @Test func aPodThatIsAlwaysRestartedGoesOn() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let count = "\(node.folder)/count"
        let script = "echo x >> \(count); [ $(wc -l < \(count)) -ge 2 ] || while :; do sleep 0.01; done"
        try await node.run { node, _ in
            try node.create(Make.pod("p", [Make.container("main", script)], policy: "OnFailure"), .pod)
            try await node.waitForPhase("Running", "p")
            try await eventually { Files.exists(count) }
        }
        try await node.run { node, _ in
            let pod = try await node.waitForPhase("Succeeded", "p")
            #expect(pod.container("main")?["restartCount"]?.integerValue == 1)
        }
    }

    @Test func processesOfAnEarlierStartAreKilledFirst() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        // As one that the kernel did not kill with its kubelet: a grandchild in a session of its own.
        let stray = try await ChildProcess.spawn(
            .init(
                executable: "/bin/sleep", arguments: ["100"],
                environment: [ProcessMark.state: "\(node.folder)/kubelet"]))
        try await node.run { _, _ in #expect(await stray.wait() == 137) }
    }

    @Test func foldersOfPodsThatAreGoneAreRemoved() async throws {
        let node = try NodeFixture()
        defer { node.remove() }
        let old = "\(node.folder)/kubelet/pods/some-old-uid"
        try Files.createDirectory("\(old)/volumes")
        try await node.run { node, _ in
            try node.create(Make.pod("p", [Make.container("main", "true")]), .pod)
            try await node.waitForPhase("Succeeded", "p")
        }
        #expect(!Files.exists(old))
    }
}
