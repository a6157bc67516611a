// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(3))) struct PatchingTests {
    private func patch(
        _ cluster: TestCluster, _ type: ResourceType, _ name: String, _ patch: ObjectPatch, by manager: String = "test",
        subresource: String? = nil, dryRun: Bool = false
    ) throws -> (object: JSONValue, created: Bool) {
        try cluster.api.patch(
            cluster.resource(type), namespace: "default", name: name, patch: patch,
            request: WriteRequest(fieldManager: manager, dryRun: dryRun, subresource: subresource))
    }

    private func configuration(_ data: JSONValue, _ extra: JSONValue = [:]) -> JSONValue {
        var object: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "data": data]
        if extra != [:] { object["metadata"] = extra }
        return object
    }

    @Test func eachKindOfPatch() throws {
        let cluster = try TestCluster()
        try cluster.make(.configMap, "a", ["data": ["x": "1", "y": "1"]])
        let merged = try patch(cluster, .configMap, "a", .merge(["data": ["x": nil, "z": "1"]]))
        #expect(merged.object["data"] == ["y": "1", "z": "1"])
        let operations = try JSONPatch([
            ["op": "test", "path": "/data/y", "value": "1"], ["op": "replace", "path": "/data/y", "value": "2"],
        ])
        #expect(try patch(cluster, .configMap, "a", .json(operations)).object.at("data", "y") == "2")
        #expect(try refusal { _ = try patch(cluster, .configMap, "a", .json(operations)) }.code == 422)
        let widget = try cluster.installWidgets()
        try cluster.make(widget, "w")
        #expect(try refusal { _ = try patch(cluster, widget, "w", .strategic(["spec": [:]])) }.code == 415)
        #expect(try refusal { _ = try patch(cluster, .configMap, "missing", .merge([:])) }.isNotFound)
    }

    @Test func applyMakesAndKeeps() throws {
        let cluster = try TestCluster()
        let first = try patch(cluster, .configMap, "a", .apply(configuration(["x": "1", "y": "1"]), force: false))
        #expect(first.created)
        let revision = cluster.api.store.revision
        let again = try patch(cluster, .configMap, "a", .apply(configuration(["x": "1", "y": "1"]), force: false))
        #expect(!again.created)
        #expect(cluster.api.store.revision == revision)
        #expect(again.object == first.object)
        let fewer = try patch(cluster, .configMap, "a", .apply(configuration(["x": "1"]), force: false))
        #expect(fewer.object["data"] == ["x": "1"])
    }

    @Test func applyNamesTheConflict() throws {
        let cluster = try TestCluster()
        _ = try patch(cluster, .configMap, "a", .apply(configuration(["x": "1"]), force: false), by: "one")
        let error = try refusal {
            _ = try patch(cluster, .configMap, "a", .apply(configuration(["x": "2"]), force: false), by: "two")
        }
        #expect(error.code == 409 && error.reason == "Conflict")
        #expect(
            error.causes == [
                .init(reason: "FieldManagerConflict", message: "conflict with \"one\"", field: ".data.x")
            ])
        let forced = try patch(cluster, .configMap, "a", .apply(configuration(["x": "2"]), force: true), by: "two")
        #expect(forced.object.at("data", "x") == "2")
    }

    @Test func applyWithAUidNeverMakesAnother() throws {
        let cluster = try TestCluster()
        let object = try cluster.make(.configMap, "a")
        let right = configuration(["x": "1"], ["uid": .string(object.uid)])
        #expect(try patch(cluster, .configMap, "a", .apply(right, force: false)).object.at("data", "x") == "1")
        try cluster.api.delete(.configMap, namespace: "default", name: "a")
        #expect(try refusal { _ = try patch(cluster, .configMap, "a", .apply(right, force: false)) }.isConflict)
        try cluster.make(.configMap, "a")
        #expect(try refusal { _ = try patch(cluster, .configMap, "a", .apply(right, force: false)) }.code == 422)
    }

    @Test func applyToTheStatusOwnsTheStatusAlone() throws {
        let cluster = try TestCluster()
        let widget = try cluster.installWidgets()
        try cluster.make(widget, "w", ["spec": ["size": 2]])
        let status: JSONValue = [
            "apiVersion": "example.dev/v1", "kind": "Widget", "metadata": ["labels": ["a": "b"]],
            "spec": ["size": 9], "status": ["phase": "Ready"],
        ]
        let result = try patch(cluster, widget, "w", .apply(status, force: true), subresource: "status").object
        #expect(result.at("status", "phase") == "Ready")
        #expect(result.at("spec", "size") == 2)
        #expect(result.labels.isEmpty)
        let entry = result.meta("managedFields")?.arrayValue?.first
        #expect(entry?["subresource"] == "status")
        #expect(entry?["fieldsV1"] == ["f:status": ["f:phase": [:]]])
    }

    @Test func applyMergesListsByTheSchemasKeys() throws {
        let cluster = try TestCluster()
        let widget = try cluster.installWidgets()
        func parts(_ parts: JSONValue) -> ObjectPatch {
            .apply(["apiVersion": "example.dev/v1", "kind": "Widget", "spec": ["parts": parts]], force: false)
        }
        _ = try patch(cluster, widget, "w", parts([["name": "a", "weight": 1]]), by: "one")
        let both = try patch(cluster, widget, "w", parts([["name": "b", "weight": 1]]), by: "two").object
        #expect(both.at("spec", "parts")?.arrayValue?.count == 2)
        let one = try patch(cluster, widget, "w", parts([]), by: "one").object
        #expect(one.at("spec", "parts") == [["name": "b", "weight": 1]])
    }

    @Test func aDryRunShowsAndKeepsNothing() throws {
        let cluster = try TestCluster()
        let shown = try patch(cluster, .configMap, "a", .apply(configuration(["x": "1"]), force: false), dryRun: true)
        #expect(shown.created)
        #expect(!cluster.exists(.configMap, "a"))
    }
}
