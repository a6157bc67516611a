// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

/// What is decided about a container before anything is started.
@Suite
struct ContainerDecisionTests {
    @Test(arguments: [
        ("/work", "/L/work"), ("/work/a", "/L/work/a"), ("/workbench", "/workbench"), ("/work/deep/x", "/L/deep/x"),
        ("--dir=/work", "--dir=/work"), ("", ""), ("/", "/"), ("/dev/termination-log", "/L/message"),
    ])
    func pathsAtTheStartAreReplaced(text: String, local: String) {
        var map = MountMap()
        map.add("/work/", local: "/L/work")
        map.add("/work/deep", local: "/L/deep")
        map.add("/dev/termination-log", local: "/L/message")
        #expect(map.local(text) == local)
    }

    @Test(arguments: [
        ("$(A)", "1"), ("x$(A)y$(B)", "x1y2"), ("$(C)", "$(C)"), ("$$(A)", "$(A)"), ("$A", "$A"), ("$(A", "$(A"),
        ("$", "$"), ("$$", "$"), ("a$(A)$", "a1$"),
    ])
    func variablesAreExpanded(text: String, result: String) {
        #expect(VariableExpansion.expand(text, ["A": "1", "B": "2"]) == result)
    }

    static let pod: JSONValue = [
        "metadata": ["name": "p", "namespace": "n", "uid": "u", "labels": ["a": "1", "b": "2"]],
        "spec": ["serviceAccountName": "s"],
    ]

    @Test(arguments: [
        ("metadata.name", "p"), ("metadata.namespace", "n"), ("metadata.uid", "u"), ("metadata.labels['b']", "2"),
        ("metadata.labels['none']", ""), ("spec.nodeName", "laptop"), ("spec.serviceAccountName", "s"),
        ("metadata.labels", "a=\"1\"\nb=\"2\""), ("status.podIP", "127.0.0.1"),
    ])
    func fieldsOfThePod(path: String, value: String) {
        #expect(DownwardField.value(path, of: Self.pod, nodeName: "laptop") == value)
    }

    @Test func anUnknownFieldIsNone() {
        #expect(DownwardField.value("spec.containers", of: Self.pod, nodeName: "laptop") == nil)
    }

    static func volumes(_ find: @escaping (EnvironmentBuilder.Kind, String) -> JSONValue?) -> VolumeBuilder {
        VolumeBuilder(
            pod: pod, nodeName: "laptop", find: find,
            token: { audience, lifetime in "token-\(audience ?? "default")-\(lifetime)" })
    }

    @Test func projectedVolumesJoinTheirSources() throws {
        let builder = Self.volumes { kind, name in
            kind == .configMap && name == "ca" ? ["data": ["ca.crt": "PEM"]] : nil
        }
        let content = try builder.content(of: [
            "name": "v",
            "projected": [
                "defaultMode": 288,
                "sources": [
                    ["serviceAccountToken": ["path": "token", "audience": "x", "expirationSeconds": 600]],
                    ["configMap": ["name": "ca", "items": [["key": "ca.crt", "path": "tls/ca.crt"]]]],
                    ["secret": ["name": "none", "optional": true]],
                    ["downwardAPI": ["items": [["path": "ns", "fieldRef": ["fieldPath": "metadata.namespace"]]]]],
                ],
            ],
        ])
        #expect(
            content
                == .files([
                    .init(path: "token", bytes: Array("token-x-600".utf8), mode: 0o600),
                    .init(path: "tls/ca.crt", bytes: Array("PEM".utf8), mode: 0o440),
                    .init(path: "ns", bytes: Array("n".utf8), mode: 0o440),
                ]))
    }

    @Test(
        arguments: [
            (["name": "v", "secret": ["secretName": "none"]], "secret \"none\" not found"),
            (
                ["name": "v", "configMap": ["name": "m", "items": [["key": "x", "path": "x"]]]],
                "non-existent configmap key: x"
            ),
            (
                ["name": "v", "configMap": ["name": "m", "items": [["key": "k", "path": "../k"]]]], "invalid path ../k"
            ),
            (["name": "v", "nfs": ["server": "s"]], "of a type that containers as local processes cannot have"),
        ] as [(JSONValue, String)])
    func whatCannotBeMountedIsSaid(volume: JSONValue, message: String) {
        let builder = Self.volumes { kind, name in kind == .configMap && name == "m" ? ["data": ["k": "v"]] : nil }
        let failure = #expect(throws: ContainerFailure.self) { try builder.content(of: volume) }
        #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
        #expect(failure?.reason == "ContainerCreating")
    }
}
