// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

@Suite struct ManagedFieldsTests {
    private let shape = MergeShape(kind: "Pod")

    private func writer(_ name: String, _ subresource: String = "") -> ManagedFields.Writer {
        .init(manager: name, apiVersion: "v1", subresource: subresource, time: "2026-01-01T00:00:00Z")
    }

    private func apply(
        _ configuration: JSONValue, to live: JSONValue?, _ managers: ManagedFields, by name: String, force: Bool = false
    ) -> (applied: ManagedFields.Applied?, conflicts: [ManagedFields.Conflict]) {
        managers.apply(configuration, to: live, by: writer(name), force: force, shape: shape)
    }

    @Test func fieldSetsSurviveTheirWrittenForm() throws {
        let object: JSONValue = [
            "metadata": ["labels": ["a": "b"], "finalizers": ["x/y"]],
            "spec": ["containers": [["name": "a", "ports": [["containerPort": 80]]]], "nodeSelector": [:]],
        ]
        let set = FieldSet(of: object, shape: shape)
        #expect(FieldSet(fieldsV1: set.fieldsV1) == set)
        #expect(
            set.paths == [
                ".metadata.finalizers[=\"x/y\"]", ".metadata.labels.a", ".spec.containers[name=\"a\"]",
                ".spec.containers[name=\"a\"].name",
                ".spec.containers[name=\"a\"].ports[containerPort=80,protocol=\"TCP\"]",
                ".spec.containers[name=\"a\"].ports[containerPort=80,protocol=\"TCP\"].containerPort",
                ".spec.nodeSelector",
            ])
    }

    @Test func whatIsAppliedNoLongerIsRemoved() throws {
        let first = apply(["data": ["a": "1", "b": "2"]], to: nil, ManagedFields(of: [:]), by: "me")
        let applied = try #require(first.applied)
        let second = apply(["data": ["a": "1"]], to: applied.object, applied.managers, by: "me")
        #expect(second.applied?.object == ["data": ["a": "1"]])
        let third = try #require(second.applied)
        let nothing = apply([:], to: third.object, third.managers, by: "me")
        #expect(nothing.applied?.object == [:])
        #expect(nothing.applied?.managers.entries.isEmpty == true)
    }

    @Test func whatOthersSetStays() throws {
        let mine = try #require(
            apply(["data": ["a": "1", "b": "2"]], to: nil, ManagedFields(of: [:]), by: "me").applied)
        var managers = mine.managers
        var live = mine.object
        live["data"]?["c"] = "3"
        managers.recordUpdate(from: mine.object, to: live, by: writer("other"), shape: shape)
        let again = apply(["data": ["a": "1"]], to: live, managers, by: "me")
        #expect(again.applied?.object == ["data": ["a": "1", "c": "3"]])
    }

    @Test func anotherManagersValueIsAConflictUnlessForced() throws {
        let first = try #require(apply(["data": ["a": "1"]], to: nil, ManagedFields(of: [:]), by: "one").applied)
        let conflict = apply(["data": ["a": "2"]], to: first.object, first.managers, by: "two")
        #expect(conflict.applied == nil)
        #expect(conflict.conflicts == [.init(manager: "one", operation: "Apply", apiVersion: "v1", paths: [".data.a"])])
        let forced = try #require(
            apply(["data": ["a": "2"]], to: first.object, first.managers, by: "two", force: true).applied)
        #expect(forced.object == ["data": ["a": "2"]])
        #expect(forced.managers.entries.map(\.manager) == ["two"])
    }

    @Test func equalValuesAreSharedAndOutliveOneOwner() throws {
        let first = try #require(apply(["data": ["a": "1"]], to: nil, ManagedFields(of: [:]), by: "one").applied)
        let second = try #require(apply(["data": ["a": "1"]], to: first.object, first.managers, by: "two").applied)
        let left = apply([:], to: second.object, second.managers, by: "one")
        #expect(left.applied?.object == ["data": ["a": "1"]])
    }

    @Test func listsMergeByTheirKey() throws {
        let live: JSONValue = [
            "spec": ["containers": [["name": "injected", "image": "x"], ["name": "a", "image": "1"]]]
        ]
        let result = apply(
            ["spec": ["containers": [["name": "a", "image": "2"], ["name": "b"]]]], to: live, ManagedFields(of: [:]),
            by: "me")
        let applied = try #require(result.applied)
        #expect(
            applied.object == [
                "spec": [
                    "containers": [["name": "injected", "image": "x"], ["name": "a", "image": "2"], ["name": "b"]]
                ]
            ])
        let fewer = apply(
            ["spec": ["containers": [["name": "a", "image": "2"]]]], to: applied.object, applied.managers, by: "me")
        #expect(fewer.applied?.object.at("spec", "containers")?.arrayValue?.count == 2)
    }

    @Test func anUpdateTakesFieldsOver() throws {
        let first = try #require(
            apply(["data": ["a": "1", "b": "1"]], to: nil, ManagedFields(of: [:]), by: "one").applied)
        var managers = first.managers
        managers.recordUpdate(
            from: first.object, to: ["data": ["a": "2", "b": "1"]], by: writer("kubectl-edit"), shape: shape)
        #expect(managers.entries.map(\.manager) == ["one", "kubectl-edit"])
        #expect(managers.entries.map(\.fields.paths) == [[".data.b"], [".data.a"]])
    }

    @Test func anAppliedConfigurationTwiceChangesNothing() throws {
        let configuration: JSONValue = ["spec": ["containers": [["name": "a"]], "selector": ["a": "b"]]]
        let first = try #require(apply(configuration, to: nil, ManagedFields(of: [:]), by: "me").applied)
        let second = try #require(apply(configuration, to: first.object, first.managers, by: "me").applied)
        #expect(second.object == first.object)
        #expect(second.managers.json == first.managers.json)
    }
}
