// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@Suite struct ObjectModelTests {
    @Test func `missing and null fields read as empty`() throws {
        for text in [#"{}"#, #"{"metadata":{}}"#, #"{"metadata":null,"status":null}"#] {
            let pod = try JSONValue.parse(text).decode(Pod.self)
            #expect(pod.metadata == ObjectMeta())
            #expect(pod.status.containerStatuses.isEmpty)
            #expect(pod.status.phase == nil)
        }
    }

    @Test func `empty fields are not written`() throws {
        let map = ConfigMap(metadata: ObjectMeta(name: "a"))
        #expect(try map.manifest() == ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]])
    }

    @Test func `a field of the wrong type is an error that names the field`() throws {
        let value = try JSONValue.parse(#"{"metadata":{"name":"a","labels":{"x":1}}}"#)
        #expect {
            try value.decode(ConfigMap.self)
        } throws: { error in
            (error as? DecodingError)?.jsonSummary.contains("metadata.labels.x") == true
        }
    }

    @Test func `values of enumerations that are not known are kept`() throws {
        let pod = try JSONValue.parse(
            #"{"status":{"phase":"Hibernating","conditions":[{"type":"A","status":"Maybe"}]}}"#
        )
        .decode(Pod.self)
        #expect(pod.status.phase == .other("Hibernating"))
        #expect(pod.status.conditions["A"]?.status == .other("Maybe"))
        #expect(try JSONValue(encoding: pod.status)["phase"] == "Hibernating")
    }

    @Test(arguments: [
        ("Pending", PodPhase.pending, false), ("Running", .running, false), ("Succeeded", .succeeded, true),
        ("Failed", .failed, true), ("Unknown", .unknown, false),
    ])
    func `pod phases`(text: String, phase: PodPhase, isTerminal: Bool) {
        #expect(PodPhase(text) == phase)
        #expect(phase.text == text)
        #expect(phase.isTerminal == isTerminal)
    }

    @Test func `a pod's termination message is found by container`() throws {
        let pod = try JSONValue.parse(
            """
            {"status":{"phase":"Failed","initContainerStatuses":[{"name":"broker","state":{"running":{}}}],
             "containerStatuses":[{"name":"agent","state":{"terminated":{"exitCode":3,"reason":"Error","message":"m",
             "startedAt":"2026-11-22T21:00:00Z","finishedAt":"2026-11-22T21:00:05Z"}}}]}}
            """
        ).decode(Pod.self)
        #expect(pod.status.container("agent")?.state.terminated?.exitCode == 3)
        #expect(pod.status.container("agent")?.state.terminated?.message == "m")
        #expect(pod.status.container("broker")?.state.running != nil)
        #expect(pod.status.container("other") == nil)
    }

    @Test func `a job tells how it ended`() throws {
        func job(_ condition: String) throws -> Job {
            try JSONValue.parse(
                #"{"status":{"conditions":[{"type":"\#(condition)","status":"True","reason":"R"}]}}"#
            ).decode(Job.self)
        }
        #expect(try job("Complete").isComplete)
        #expect(try job("Failed").failure?.reason == "R")
        #expect(try job("Failed").isFinished)
        #expect(try !job("Suspended").isFinished)
    }

    @Test func `a secret's description shows no data`() {
        let secret = KubernetesSecret(
            metadata: ObjectMeta(name: "s"), data: ["k": "aHVzaA=="], stringData: ["p": "hush"])
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("hush") && !text.contains("aHVzaA"))
        }
    }

    @Test func `owners`() throws {
        let owner = Namespace(metadata: ObjectMeta(name: "n", uid: "u"))
        var child = ObjectMeta(name: "c", ownerReferences: [owner.controllerReference()])
        #expect(child.controller?.name == "n")
        #expect(child.controller?.apiVersion == "v1")
        #expect(child.isOwned(byUID: "u"))
        #expect(!child.isOwned(byUID: ""))
        child.ownerReferences[0].controller = nil
        #expect(child.controller == nil)
    }

    @Test func `keys`() {
        #expect(ObjectKey("a/b") == ObjectKey(namespace: "a", name: "b"))
        #expect(ObjectKey("b") == ObjectKey(namespace: nil, name: "b"))
        #expect("\(ObjectKey(namespace: "a", name: "b"))" == "a/b")
        #expect(ObjectKey("a/z") < ObjectKey("b/a"))
    }

    @Test func `known types are distinct and are found again`() {
        #expect(Set(ResourceType.known).count == ResourceType.known.count)
        for type in ResourceType.known {
            #expect(ResourceType.known(apiVersion: type.apiVersion, kind: type.kind) == type)
        }
        #expect(ResourceType.job.qualifiedName == "jobs.batch")
        #expect(ResourceType.job.isSameKind(apiVersion: "batch/v2", kind: "Job"))
        #expect(!ResourceType.job.isSameKind(apiVersion: "v1", kind: "Job"))
    }

    @Test func `a lease keeps microseconds`() throws {
        let value = try JSONValue.parse(#"{"spec":{"renewTime":"2026-11-22T21:00:00.123456Z"}}"#)
        let lease = try value.decode(Lease.self)
        #expect(try JSONValue(encoding: lease)["spec"]?["renewTime"] == "2026-11-22T21:00:00.123456Z")
    }

    @Test func `a definition's served type`() throws {
        let value = try JSONValue.parse(
            """
            {"metadata":{"name":"things.x.dev"},"spec":{"group":"x.dev","scope":"Namespaced",
             "names":{"kind":"Thing","plural":"things"},
             "versions":[{"name":"v1alpha1","served":true,"storage":false},{"name":"v1","served":true,"storage":true}]},
             "status":{"conditions":[{"type":"Established","status":"True"},{"type":"NamesAccepted","status":"True"}]}}
            """)
        let definition = try value.decode(CustomResourceDefinition.self)
        #expect(definition.isEstablished)
        #expect(definition.servedType?.apiVersion == "x.dev/v1")
    }
}
