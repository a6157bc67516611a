// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(3))) struct ObjectWritingTests {
    private let configMap = ResourceType.configMap

    @Test func aCreatedObjectHasItsIdentity() throws {
        let cluster = try TestCluster()
        let object = try cluster.make(configMap, "a")
        #expect(object.uid.count == 36)
        #expect(!object.resourceVersion.isEmpty)
        #expect(object.kind == "ConfigMap" && object.apiVersion == "v1")
        #expect(object.meta("creationTimestamp")?.stringValue.flatMap { Timestamp($0) } != nil)
        #expect(try refusal { try cluster.make(configMap, "a") }.isAlreadyExists)
    }

    @Test func namesAreGeneratedOrChecked() throws {
        let cluster = try TestCluster()
        let generated = try cluster.api.create(
            ["metadata": ["generateName": "run-"]], type: configMap, namespace: "default")
        #expect(generated.name.hasPrefix("run-") && generated.name.count == 9)
        for name in ["", "Upper", "under_score", "-dash", String(repeating: "a", count: 254)] {
            #expect(try refusal { try cluster.make(configMap, name) }.code == 422, "\(name)")
        }
    }

    @Test func anOldVersionIsAConflict() throws {
        let cluster = try TestCluster()
        var object = try cluster.make(configMap, "a", ["data": ["x": "1"]])
        let old = object
        object["data"] = ["x": "2"]
        let updated = try cluster.api.update(object, type: configMap, namespace: "default")
        #expect(updated.resourceVersion != old.resourceVersion)
        var late = old
        late["data"] = ["x": "3"]
        #expect(try refusal { _ = try cluster.api.update(late, type: configMap, namespace: "default") }.isConflict)
        late.setMeta("resourceVersion", nil)
        late.setMeta("uid", "00000000-0000-0000-0000-000000000000")
        #expect(try refusal { _ = try cluster.api.update(late, type: configMap, namespace: "default") }.isConflict)
    }

    @Test func writingTheSameAgainWritesNothing() throws {
        let cluster = try TestCluster()
        let object = try cluster.make(configMap, "a", ["data": ["x": "1"]])
        let revision = cluster.api.store.revision
        let same = try cluster.api.update(object, type: configMap, namespace: "default")
        #expect(same == object)
        #expect(cluster.api.store.revision == revision)
    }

    @Test func generationCountsTheSpecAlone() throws {
        let cluster = try TestCluster()
        let widget = try cluster.installWidgets()
        var object = try cluster.make(widget, "a", ["spec": ["size": 2], "status": ["phase": "Forged"]])
        #expect(object.generation == 1)
        #expect(object["status"] == nil)
        object.setValue(["phase": "Ready"], at: ["status"])
        object.setValue(3, at: ["spec", "size"])
        let status = try cluster.api.updateStatus(object, type: widget, namespace: "default")
        #expect(status.generation == 1)
        #expect(status.at("spec", "size") == 2)
        #expect(status.at("status", "phase") == "Ready")
        var spec = status
        spec.setValue(3, at: ["spec", "size"])
        spec["status"] = nil
        let updated = try cluster.api.update(spec, type: widget, namespace: "default")
        #expect(updated.generation == 2)
        #expect(updated.at("status", "phase") == "Ready")
        var labelled = updated
        labelled.setMeta("labels", ["a": "b"])
        #expect(try cluster.api.update(labelled, type: widget, namespace: "default").generation == 2)
    }

    @Test func customResourcesArePrunedDefaultedAndValidated() throws {
        let cluster = try TestCluster()
        let widget = try cluster.installWidgets()
        let object = try cluster.make(widget, "a", ["spec": ["color": "red", "unknown": true]])
        #expect(object["spec"] == ["color": "red", "size": 1])
        let tooBig = try refusal { try cluster.make(widget, "b", ["spec": ["size": 11]]) }
        #expect(tooBig.code == 422)
        #expect(tooBig.causes.map(\.field) == ["spec.size"])
        var changed = object
        changed.setValue("blue", at: ["spec", "color"])
        let rule = try refusal { _ = try cluster.api.update(changed, type: widget, namespace: "default") }
        #expect(rule.message.contains("color is immutable"))
    }

    @Test func aRuleThatCannotBeEvaluatedIsRefusedByName() throws {
        let cluster = try TestCluster()
        let error = try refusal {
            try cluster.make(
                .customResourceDefinition, "bads.example.dev",
                [
                    "spec": [
                        "group": "example.dev", "scope": "Namespaced", "names": ["plural": "bads", "kind": "Bad"],
                        "versions": [
                            [
                                "name": "v1", "served": true, "storage": true,
                                "schema": [
                                    "openAPIV3Schema": [
                                        "type": "object",
                                        "x-kubernetes-validations": [["rule": "self.spec.nonsense("]],
                                    ]
                                ],
                            ]
                        ],
                    ]
                ])
        }
        #expect(error.code == 422)
        #expect(error.causes.first?.field?.hasPrefix("spec.versions[0].schema.openAPIV3Schema") == true)
        #expect(cluster.api.registry.resource(group: "example.dev", version: "v1", plural: "bads") == nil)
    }

    @Test func aDefinitionIsServedUntilItIsGone() throws {
        let cluster = try TestCluster()
        let widget = try cluster.installWidgets()
        try cluster.make(widget, "a")
        try cluster.api.delete(.customResourceDefinition, namespace: nil, name: "widgets.example.dev")
        #expect(try refusal { try cluster.make(widget, "b") }.code == 404)
    }

    @Test func finalizersHoldAnObject() throws {
        let cluster = try TestCluster()
        try cluster.make(configMap, "a", ["metadata": ["finalizers": ["example.dev/hold"]]])
        try cluster.api.delete(configMap, namespace: "default", name: "a")
        let waiting = try cluster.api.get(configMap, namespace: "default", name: "a")
        #expect(waiting.isBeingDeleted)
        let added = try refusal {
            _ = try cluster.api.modify(configMap, namespace: "default", name: "a", subresource: nil) {
                $0.setMeta("finalizers", ["example.dev/hold", "example.dev/more"])
            }
        }
        #expect(added.code == 422)
        _ = try cluster.api.modify(configMap, namespace: "default", name: "a", subresource: nil) {
            $0.setMeta("finalizers", nil)
        }
        #expect(!cluster.exists(configMap, "a"))
    }

    @Test func preconditionsProtectWhatWasMeant() throws {
        let cluster = try TestCluster()
        let object = try cluster.make(configMap, "a")
        let wrong = ClusterDeleteOptions(uid: "00000000-0000-0000-0000-000000000000")
        #expect(
            try refusal { try cluster.api.delete(configMap, namespace: "default", name: "a", options: wrong) }
                .isConflict)
        let old = ClusterDeleteOptions(uid: object.uid, resourceVersion: "1")
        #expect(
            try refusal { try cluster.api.delete(configMap, namespace: "default", name: "a", options: old) }.isConflict)
        let right = ClusterDeleteOptions(uid: object.uid, resourceVersion: object.resourceVersion)
        try cluster.api.delete(configMap, namespace: "default", name: "a", options: right)
        #expect(!cluster.exists(configMap, "a"))
    }

    @Test func aRunningPodIsGivenTimeToEnd() throws {
        let cluster = try TestCluster()
        let spec: JSONValue = [
            "spec": ["containers": [["name": "a", "image": "x"]], "terminationGracePeriodSeconds": 7]
        ]
        try cluster.make(.pod, "idle", spec)
        try cluster.api.delete(.pod, namespace: "default", name: "idle")
        #expect(!cluster.exists(.pod, "idle"))
        try cluster.make(.pod, "busy", spec)
        _ = try cluster.api.modify(.pod, namespace: "default", name: "busy", subresource: nil) {
            $0.setValue("local", at: ["spec", "nodeName"])
        }
        try cluster.api.delete(.pod, namespace: "default", name: "busy")
        let ending = try cluster.api.get(.pod, namespace: "default", name: "busy")
        #expect(ending.isBeingDeleted && ending.meta("deletionGracePeriodSeconds") == 7)
        try cluster.api.delete(
            .pod, namespace: "default", name: "busy", options: ClusterDeleteOptions(gracePeriodSeconds: 0))
        #expect(!cluster.exists(.pod, "busy"))
    }

    @Test func aNamespaceMustBeThereAndStay() throws {
        let cluster = try TestCluster()
        #expect(try refusal { try cluster.make(configMap, "a", in: "nowhere") }.isNotFound)
        let namespace = try cluster.make(.namespace, "team")
        #expect(namespace.labels["kubernetes.io/metadata.name"] == "team")
        #expect(namespace.at("spec", "finalizers") == ["kubernetes"])
        #expect(cluster.exists(.serviceAccount, "default", in: "team"))
        #expect(cluster.exists(configMap, "kube-root-ca.crt", in: "team"))
        try cluster.api.delete(.namespace, namespace: nil, name: "team")
        let refused = try refusal { try cluster.make(configMap, "late", in: "team") }
        #expect(refused.code == 403)
        #expect(refused.causes.first?.reason == "NamespaceTerminating")
    }

    @Test func secretsTakeTextAndHideNothing() throws {
        let cluster = try TestCluster()
        let secret = try cluster.make(.secret, "a", ["stringData": ["user": "me"], "data": ["other": "eA=="]])
        #expect(secret["data"] == ["other": "eA==", "user": "bWU="])
        #expect(secret["stringData"] == nil)
        #expect(try refusal { try cluster.make(.secret, "b", ["data": ["x": "not base64!"]]) }.code == 400)
    }

    @Test func aJobKeepsItsTemplate() throws {
        let cluster = try TestCluster()
        var job = try cluster.make(
            .job, "a",
            ["spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "a", "image": "x"]]]]]])
        #expect(job.at("spec", "selector", "matchLabels") == ["batch.kubernetes.io/controller-uid": .string(job.uid)])
        job.setValue("y", at: ["spec", "template", "metadata", "labels", "z"])
        #expect(try refusal { _ = try cluster.api.update(job, type: .job, namespace: "default") }.code == 422)
        let lifetime = try cluster.api.modify(.job, namespace: "default", name: "a", subresource: nil) {
            $0.setValue(600, at: ["spec", "ttlSecondsAfterFinished"])
        }
        #expect(lifetime.generation == 2)
    }

    @Test func quotasCountWhatIsThere() throws {
        let cluster = try TestCluster()
        try cluster.make(.resourceQuota, "q", ["spec": ["hard": ["pods": "1", "requests.cpu": "500m"]]])
        func pod(_ cpu: JSONValue?) -> JSONValue {
            var container: JSONValue = ["name": "a", "image": "x"]
            if let cpu { container["resources"] = ["requests": ["cpu": cpu]] }
            return ["spec": ["containers": [container]]]
        }
        #expect(try refusal { try cluster.make(.pod, "none", pod(nil)) }.message.contains("must specify requests.cpu"))
        #expect(try refusal { try cluster.make(.pod, "big", pod("1")) }.message.contains("exceeded quota"))
        try cluster.make(.pod, "fits", pod("0.25"))
        #expect(try refusal { try cluster.make(.pod, "second", pod("0.1")) }.message.contains("pods=1"))
    }

    @Test func limitsFillInWhatContainersLeaveOpen() throws {
        let cluster = try TestCluster()
        try cluster.make(
            .limitRange, "l",
            ["spec": ["limits": [["type": "Container", "default": ["cpu": "1"], "max": ["cpu": "2"]]]]])
        let pod = try cluster.make(.pod, "a", ["spec": ["containers": [["name": "a", "image": "x"]]]])
        #expect(pod.at("spec", "containers")?[0]?["resources"] == ["limits": ["cpu": "1"], "requests": ["cpu": "1"]])
        let big: JSONValue = ["name": "a", "image": "x", "resources": ["limits": ["cpu": "3"]]]
        #expect(try refusal { try cluster.make(.pod, "b", ["spec": ["containers": [big]]]) }.code == 403)
    }

    @Test func eventsHaveTwoForms() throws {
        let cluster = try TestCluster()
        let newer = ResourceType(
            group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", isNamespaced: true)
        let made = try cluster.api.create(
            [
                "metadata": ["name": "e"], "note": "hello", "regarding": ["kind": "Pod", "name": "p"],
                "reason": "R", "reportingController": "c", "type": "Normal",
            ], type: newer, namespace: "default")
        #expect(made["note"] == "hello" && made.apiVersion == "events.k8s.io/v1")
        let older = try cluster.api.get(.event, namespace: "default", name: "e")
        #expect(older["message"] == "hello" && older.at("involvedObject", "name") == "p" && older.apiVersion == "v1")
    }
}
