// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import SystemCalls
import Testing

@testable import DevCluster

/// Containers of one pod as different users: what one of them is given, the other cannot read.
@Suite(.timeLimit(.minutes(1)))
struct ContainerUsersTests {
    private static func spec(_ container: JSONValue, _ pod: JSONValue = .null) throws -> ContainerSpec {
        let all: JSONValue = ["spec": ["containers": [container], "securityContext": pod]]
        return try #require(ContainerSpec.all(of: all).first)
    }

    @Test func whoGetsWhatIsDecidedByWhoMountsIt() throws {
        func container(_ name: String, user: Int64?, mounts: [JSONValue]) -> JSONValue {
            var json: JSONValue = ["name": .string(name), "volumeMounts": .array(mounts)]
            if let user { json["securityContext"] = ["runAsUser": .integer(user), "runAsGroup": .integer(user)] }
            return json
        }
        let own: JSONValue = ["name": "own"]
        let pod: JSONValue = [
            "spec": [
                "securityContext": ["fsGroup": 30],
                "containers": [
                    container("a", user: 10, mounts: [own, ["name": "both"]]),
                    container("b", user: 20, mounts: [["name": "both", "readOnly": true], ["name": "mixed"]]),
                    container("c", user: nil, mounts: [["name": "mixed"], ["name": "roots"]]),
                ],
            ]
        ]
        let access = VolumeAccess(pod: pod, specs: ContainerSpec.all(of: pod), separatesUsers: true)
        #expect(access.right(to: "own") == .init(owner: .init(userID: 10, groupID: 10), folderMode: 0o700))
        #expect(access.right(to: "both") == .init(owner: .init(userID: 10, groupID: 30), folderMode: 0o2770))
        #expect(access.right(to: "mixed") == .init(owner: .init(userID: 20, groupID: 30), folderMode: 0o2770))
        #expect(access.right(to: "roots") == .shared)
        #expect(access.right(to: "nobody's") == .shared)
        let off = VolumeAccess(pod: pod, specs: ContainerSpec.all(of: pod), separatesUsers: false)
        #expect(off.right(to: "own") == .shared)
        #expect(off.user(of: ContainerSpec.all(of: pod)[0]) == nil)
    }

    @Test func aContainersOwnUserWinsOverThePods() throws {
        let inner: JSONValue = ["name": "x", "securityContext": ["runAsUser": 5]]
        let spec = try Self.spec(inner, ["runAsUser": 6, "runAsGroup": 7])
        #expect(spec.user == 5)
        #expect(spec.group == 7)
    }

    /// Needs root, which alone can give a process another user; elsewhere the decisions above are what there is.
    @Test(.enabled(if: ProcessIdentity.userID == 0))
    func noContainerReadsWhatOnlyTheOtherMounts() async throws {
        let fixture = try NodeFixture()
        defer { fixture.remove() }
        try Files.setMode(fixture.folder, 0o711)
        try await fixture.run(kubelet: fixture.kubelet { $0.separatesUsers = true }) { node, kubelet in
            let secret: JSONValue = [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["token": "hidden"],
            ]
            try node.create(secret, .secret)
            let holder = Make.container(
                "holder", "id -u; id -G; cat $S/token; echo; echo hello > $B/note; printf \"$S\" > $B/path; exec sleep 60",
                [
                    "securityContext": ["runAsUser": 10001, "runAsGroup": 10001], "restartPolicy": "Always",
                    "env": [["name": "S", "value": "/secret"], ["name": "B", "value": "/both"]],
                    "volumeMounts": [["name": "s", "mountPath": "/secret"], ["name": "b", "mountPath": "/both"]],
                ])
            let other = Make.container(
                "other",
                """
                id -u; until [ -s $B/path ]; do sleep 0.05; done; cat $B/note
                cat "$(cat $B/path)/token" 2>&1; ls "$(cat $B/path)" 2>&1
                cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c ^S= ; echo mine > $HOME/x && cat $HOME/x
                echo message > $M; grep NoNewPrivs /proc/self/status
                """,
                [
                    "securityContext": ["runAsUser": 10002, "runAsGroup": 10002],
                    "env": [["name": "B", "value": "/both"], ["name": "M", "value": "/dev/termination-log"]],
                    "volumeMounts": [["name": "b", "mountPath": "/both", "readOnly": true]],
                ])
            let spec: JSONObject = [
                "initContainers": [holder], "securityContext": ["fsGroup": 10003],
                "volumes": [["name": "s", "secret": ["secretName": "s", "defaultMode": 0o440]], ["name": "b", "emptyDir": [:]]],
            ]
            try node.create(Make.pod("p", [other], spec: spec), .pod)
            let pod = try await node.waitForPhase("Succeeded", "p")
            let words = try await node.log(kubelet, pod, "other").split(separator: "\n").map(String.init)
            #expect(words.count == 7, "\(words)")
            #expect(words.first == "10002")
            #expect(words.dropFirst().first == "hello")
            #expect(words.filter { $0.contains("Permission denied") }.count == 2, "\(words)")
            // No process of the other user shows its environment.
            #expect(words.contains("0"))
            #expect(words.contains("mine"))
            #expect(words.last?.hasSuffix("1") == true)
            #expect(pod.end("other")?["message"]?.stringValue == "message\n")
            let holding = try await node.log(kubelet, pod, "holder")
            #expect(holding.hasPrefix("10001\n10001 10003\nhidden\n"), "\(holding)")
        }
    }
}
