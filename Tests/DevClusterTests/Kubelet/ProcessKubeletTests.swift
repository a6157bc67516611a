// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(1)))
struct ProcessKubeletTests {
    @Test func phaseExitCodeMessageAndConditionsAreThoseOfAPod() async throws {
        try await NodeFixture.with { node, kubelet in
            let container = Make.container(
                "main", "echo hello; printf done > \"$MESSAGE\"",
                ["env": [["name": "MESSAGE", "value": "/dev/termination-log"]]])
            try node.create(Make.pod("p", [container]), .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            #expect(pod.at("spec", "nodeName")?.stringValue == "laptop")
            #expect(pod.end("main")?["exitCode"]?.integerValue == 0)
            #expect(pod.end("main")?["reason"]?.stringValue == "Completed")
            #expect(pod.end("main")?["message"]?.stringValue == "done")
            #expect(pod.condition("PodScheduled")?["status"]?.stringValue == "True")
            #expect(pod.condition("Ready")?["reason"]?.stringValue == "PodCompleted")
            #expect(try await node.log(kubelet, pod, "main") == "hello\n")
        }
    }

    @Test func aFailureIsReportedWithItsCodeAndItsLog() async throws {
        try await NodeFixture.with { node, _ in
            let container = Make.container(
                "main", "echo one; echo two >&2; exit 7", ["terminationMessagePolicy": "FallbackToLogsOnError"])
            try node.create(Make.pod("p", [container]), .pod)
            let pod = try await node.waitForPhase("Failed", "p")
            #expect(pod.end("main")?["exitCode"]?.integerValue == 7)
            #expect(pod.end("main")?["reason"]?.stringValue == "Error")
            #expect(pod.end("main")?["message"]?.stringValue == "one\ntwo\n")
        }
    }

    @Test func environmentComesFromEverywhere() async throws {
        try await NodeFixture.with { node, kubelet in
            try node.create(
                ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["a": "1", "b": "2"]],
                .secret)
            try node.create(
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": ["k": "v"]], .configMap)
            let environment: JSONValue = [
                ["name": "PLAIN", "value": "x"], ["name": "EXPANDED", "value": "$(PLAIN)-$(S_a)-$(NONE)-$$(PLAIN)"],
                ["name": "FROM_SECRET", "valueFrom": ["secretKeyRef": ["name": "s", "key": "b"]]],
                ["name": "FROM_MAP", "valueFrom": ["configMapKeyRef": ["name": "c", "key": "k"]]],
                ["name": "NOTHING", "valueFrom": ["secretKeyRef": ["name": "none", "key": "b", "optional": true]]],
                ["name": "NAME", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
                ["name": "LABEL", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['l']"]]],
            ]
            let container = Make.container(
                "main", "env", ["env": environment, "envFrom": [["prefix": "S_", "secretRef": ["name": "s"]]]])
            try node.create(Make.pod("p", [container], metadata: ["labels": ["l": "L"]]), .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            let lines = Set(try await node.log(kubelet, pod, "main").split(separator: "\n").map(String.init))
            for line in [
                "PLAIN=x", "EXPANDED=x-1-$(NONE)-$(PLAIN)", "FROM_SECRET=2", "FROM_MAP=v", "NAME=p", "LABEL=L", "S_a=1",
                "HOSTNAME=p",
            ] { #expect(lines.contains(line), "\(line)") }
            #expect(!lines.contains { $0.hasPrefix("NOTHING=") })
        }
    }

    @Test func volumesAreFoldersAndPathsAreReplaced() async throws {
        try await NodeFixture.with { node, kubelet in
            try node.create(
                [
                    "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"],
                    "stringData": ["token": "t1", "x": "y"],
                ], .secret)
            let script = """
                mkdir -p "$SCRATCH/sub"; echo work > "$SCRATCH/sub/file"
                cat "$1/token"; ls "$SECRETS"; cat "$INFO/name"; pwd; echo $OTHER
                """
            let container = Make.container(
                "main", script,
                [
                    "args": ["arg0", "/etc/secrets"], "workingDir": "/scratch",
                    "env": [
                        ["name": "SECRETS", "value": "/etc/secrets"], ["name": "INFO", "value": "/info"],
                        ["name": "SCRATCH", "value": "/scratch/"], ["name": "OTHER", "value": "/scratchpad"],
                    ],
                    "volumeMounts": [
                        ["name": "secrets", "mountPath": "/etc/secrets", "readOnly": true],
                        ["name": "info", "mountPath": "/info"], ["name": "scratch", "mountPath": "/scratch"],
                    ],
                ])
            let volumes: JSONValue = [
                [
                    "name": "secrets",
                    "secret": ["secretName": "s", "items": [["key": "token", "path": "token", "mode": 256]]],
                ],
                [
                    "name": "info",
                    "projected": [
                        "sources": [
                            ["downwardAPI": ["items": [["path": "name", "fieldRef": ["fieldPath": "metadata.name"]]]]]
                        ]
                    ],
                ],
                ["name": "scratch", "emptyDir": .object([:])],
            ]
            try node.create(Make.pod("p", [container], spec: ["volumes": volumes]), .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            let folder = PodFolder(state: "\(node.folder)/kubelet", podUID: pod.uid)
            let log = try await node.log(kubelet, pod, "main")
            #expect(log == "t1token\np\(folder.volume("scratch"))\n/scratchpad\n")
            #expect(try Files.readText("\(folder.volume("scratch"))/sub/file") == "work\n")
            #expect(try Files.status("\(folder.volume("secrets"))/token").mode == 0o400)
            #expect(try Files.status(folder.path).mode == 0o700)
        }
    }

    @Test func aPodThatMountsTmpKeepsItsOtherPaths() async throws {
        // The state folder of this test lies below /tmp itself, as that of a demo may.
        try await NodeFixture.with { node, kubelet in
            let mounts: JSONValue = [["name": "t", "mountPath": "/tmp"], ["name": "w", "mountPath": "/work"]]
            let environment: JSONValue = [
                ["name": "WORK", "value": "/work"], ["name": "BELOW", "value": "$(WORK)/below"],
                ["name": "HOUSE", "value": "$(HOME)"],
            ]
            let script = "echo $WORK; echo $BELOW; echo $TMPDIR; [ $HOUSE = $HOME ] && [ -d $HOME ] && echo same"
            let container = Make.container("main", script, ["volumeMounts": mounts, "env": environment])
            let volumes: JSONValue = [
                ["name": "t", "emptyDir": .object([:])], ["name": "w", "emptyDir": .object([:])],
            ]
            try node.create(Make.pod("p", [container], spec: ["volumes": volumes]), .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            let folder = PodFolder(state: "\(node.folder)/kubelet", podUID: pod.uid)
            let log = try await node.log(kubelet, pod, "main")
            #expect(log == "\(folder.volume("w"))\n\(folder.volume("w"))/below\n\(folder.volume("t"))\nsame\n")
        }
    }

    @Test func aChangedSecretReachesTheRunningContainer() async throws {
        try await NodeFixture.with { node, kubelet in
            try node.create(
                ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["token": "old"]],
                .secret)
            let container = Make.container(
                "main", "echo up; until grep -q new \"$F\"; do sleep 0.01; done",
                [
                    "env": [["name": "F", "value": "/s/token"]], "volumeMounts": [["name": "v", "mountPath": "/s"]],
                ])
            try node.create(
                Make.pod("p", [container], spec: ["volumes": [["name": "v", "secret": ["secretName": "s"]]]]), .pod)
            try await node.waitForPhase("Running", "p")
            _ = try node.api.modify(.secret, namespace: "default", name: "s", subresource: nil) {
                $0.setValue(.string(Base64Text.encode("new")), at: ["data", "token"])
            }
            try await node.waitForPhase("Succeeded", "p")
        }
    }

    @Test func whatIsMissingIsWaitedForAndSaid() async throws {
        try await NodeFixture.with { node, _ in
            let container = Make.container(
                "main", "echo $A",
                ["env": [["name": "A", "valueFrom": ["secretKeyRef": ["name": "late", "key": "k"]]]]])
            try node.create(Make.pod("p", [container]), .pod)
            let waiting = try await node.wait(.pod, "p") {
                $0?.container("main")?.at("state", "waiting", "reason")?.stringValue == "CreateContainerConfigError"
            }
            #expect(
                waiting.container("main")?.at("state", "waiting", "message")?.stringValue == "secret \"late\" not found"
            )
            #expect(waiting.at("status", "phase")?.stringValue == "Pending")
            try node.create(
                ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "late"], "stringData": ["k": "v"]], .secret)
            try await node.waitForPhase("Succeeded", "p")
        }
    }

    @Test func aProgramThatDoesNotExistKeepsThePodWaiting() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(
                Make.pod("p", [["name": "main", "image": "x", "command": ["no-such-program"]]]), .pod)
            let waiting = try await node.wait(.pod, "p") {
                $0?.container("main")?.at("state", "waiting", "reason")?.stringValue == "CreateContainerError"
            }
            let message = waiting.container("main")?.at("state", "waiting", "message")?.stringValue ?? ""
            #expect(message.contains("no-such-program"))
            #expect(message.contains("/opt/none:"))
            try node.api.delete(.pod, namespace: "default", name: "p")
            try await node.waitForGone(.pod, "p")
        }
    }

    @Test func initContainersComeFirstAndSidecarsLastToTheEnd() async throws {
        try await NodeFixture.with { node, kubelet in
            let order = "\(node.folder)/order"
            let initial: JSONValue = [
                Make.container("one", "echo one >> \(order)"),
                Make.container(
                    "side",
                    """
                    trap 'echo side-ends >> \(order); exit 0' TERM
                    echo side >> \(order); while :; do sleep 0.01; done
                    """,
                    ["restartPolicy": "Always"]),
                Make.container("two", "until grep -q side \(order); do sleep 0.01; done; echo two >> \(order)"),
            ]
            try node.create(
                Make.pod("p", [Make.container("main", "echo main >> \(order)")], spec: ["initContainers": initial]),
                .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            #expect(try Files.readText(order) == "one\nside\ntwo\nmain\nside-ends\n")
            #expect(pod.end("side")?["exitCode"]?.integerValue == 0)
        }
    }

    @Test func aFailedInitContainerFailsThePod() async throws {
        try await NodeFixture.with { node, _ in
            let initial: JSONValue = [Make.container("one", "exit 3")]
            try node.create(
                Make.pod("p", [Make.container("main", "true")], spec: ["initContainers": initial]), .pod)
            let pod = try await node.waitForPhase("Failed", "p")
            #expect(pod.end("one")?["exitCode"]?.integerValue == 3)
            #expect(pod.container("main")?.at("state", "waiting") != nil)
        }
    }

    @Test func onFailureRestartsUntilItWorks() async throws {
        try await NodeFixture.with { node, kubelet in
            let count = "\(node.folder)/count"
            let script = "echo try; echo x >> \(count); [ $(wc -l < \(count)) -ge 3 ]"
            try node.create(Make.pod("p", [Make.container("main", script)], policy: "OnFailure"), .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            #expect(pod.container("main")?["restartCount"]?.integerValue == 2)
            #expect(pod.container("main")?.at("lastState", "terminated", "exitCode")?.integerValue == 1)
            #expect(try await node.log(kubelet, pod, "main") { $0.previous = true } == "try\n")
        }
    }

    @Test func theDeadlineOfAPodEndsIt() async throws {
        try await NodeFixture.with { node, _ in
            try node.create(
                Make.pod("p", [Make.container("main", "sleep 100")], spec: ["activeDeadlineSeconds": 1]), .pod)
            let pod = try await node.waitForPhase("Failed", "p")
            #expect(pod.at("status", "reason")?.stringValue == "DeadlineExceeded")
            #expect(pod.end("main")?["exitCode"]?.integerValue == 143)
        }
    }

    @Test func deletionIsGracefulAndFinalizersHold() async throws {
        try await NodeFixture.with { node, _ in
            let mark = "\(node.folder)/mark"
            let script = "trap 'echo bye > \(mark); exit 5' TERM; echo up > \(mark).up; while :; do sleep 0.01; done"
            try node.create(
                Make.pod("p", [Make.container("main", script)], metadata: ["finalizers": ["codex-k8s.dev/result"]]),
                .pod)
            try await node.waitForPhase("Running", "p")
            try await eventually { Files.exists("\(mark).up") }
            try node.api.delete(.pod, namespace: "default", name: "p")
            let ended = try await node.waitForPhase("Failed", "p")
            #expect(ended.isBeingDeleted)
            #expect(ended.end("main")?["exitCode"]?.integerValue == 5)
            #expect(try Files.readText(mark) == "bye\n")
            let folder = PodFolder(state: "\(node.folder)/kubelet", podUID: ended.uid)
            #expect(Files.exists(folder.path))
            _ = try node.api.modify(.pod, namespace: "default", name: "p", subresource: nil) {
                $0.setMeta("finalizers", nil)
            }
            try await node.waitForGone(.pod, "p")
            try await eventually { !Files.exists(folder.path) }
        }
    }

    @Test func deletionWithoutGraceKillsAtOnce() async throws {
        try await NodeFixture.with { node, _ in
            let file = "\(node.folder)/pid"
            try node.create(
                Make.pod(
                    "p",
                    [
                        Make.container(
                            "main",
                            "trap '' TERM; echo $$$$ > \(file).x; mv \(file).x \(file); while :; do sleep 0.01; done")
                    ]), .pod)
            try await eventually { Files.exists(file) }
            let id = Int32(try Files.readText(file).dropLast()) ?? 0
            // `$$$$` because Kubernetes reads `$$` as an escaped dollar.
            let identity = try #require(ProcessTable.identity(of: id))
            try node.api.delete(
                .pod, namespace: "default", name: "p", options: ClusterDeleteOptions(gracePeriodSeconds: 0))
            #expect((try? node.get(.pod, "p")) == nil)
            try await eventually { !ProcessTable.isRunning(identity) }
        }
    }

    @Test func whatEscapesItsGroupDiesWithThePod() async throws {
        try await NodeFixture.with { node, _ in
            let file = "\(node.folder)/pid"
            let script = """
                setsid sh -c 'echo $$$$ > \(file); exec sleep 100' &
                while [ ! -s \(file) ]; do sleep 0.01; done
                """
            try node.create(Make.pod("p", [Make.container("main", script)]), .pod)
            try await node.waitForPhase("Succeeded", "p")
            let id = Int32(try Files.readText(file).dropLast()) ?? 0
            // The worker kills it before it says that the pod has ended; the kernel may take a moment.
            #expect(id > 0)
            try await eventually { ProcessTable.identity(of: id) == nil }
        }
    }
}
