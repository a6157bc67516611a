// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import KubernetesAPI

@Suite struct BoxedTests {
    private struct Part: Hashable, Sendable {
        var text = "a"
        var list: [Int] = []
    }

    private struct Whole: Hashable {
        @Boxed var part = Part()
        @BoxedOptional var rare: Part?
    }

    @Test func `copies are values of their own`() {
        var one = Whole()
        one.rare = Part()
        let before = one
        one.part.text = "b"
        one.part.list.append(1)
        one.rare?.list.append(2)
        #expect(before.part == Part() && before.rare == Part())
        #expect(one.part == Part(text: "b", list: [1]) && one.rare == Part(text: "a", list: [2]))
        #expect(one != before)
    }

    @Test func `a part that is set and taken away again leaves nothing`() {
        var one = Whole()
        one.rare?.text = "nobody there"
        #expect(one == Whole() && one.rare == nil)
        one.rare = Part(text: "b")
        #expect(one.rare?.text == "b" && one != Whole())
        one.rare = nil
        #expect(one == Whole() && one.hashValue == Whole().hashValue)
        let asked = one.rare?.list.isEmpty
        #expect(asked == nil && one == Whole())
    }

    @Test func `metadata are values although a copy is one reference`() {
        let empty = ObjectMeta()
        var one = ObjectMeta(name: "a", labels: ["k": "v"])
        let before = one
        one.name = "b"
        one.labels["l"] = "w"
        one.finalizers.append("f")
        one.deletionTimestamp = Timestamp(microseconds: 1)
        one.generateName = "g-"
        #expect(before.name == "a" && before.labels == ["k": "v"] && before.finalizers.isEmpty)
        #expect(!before.isBeingDeleted && one.isBeingDeleted && one.generateName == "g-")
        one.deletionTimestamp = nil
        one.generateName = nil
        one.name = "a"
        one.labels["l"] = nil
        one.finalizers = []
        #expect(one == before && one != empty && ObjectMeta() == empty)
    }

    @Test func `every field of metadata is read and written`() throws {
        let full: JSONValue = [
            "name": "a", "generateName": "a-", "namespace": "n", "uid": "u", "resourceVersion": "7", "generation": 3,
            "creationTimestamp": "2026-11-22T21:00:00Z", "deletionTimestamp": "2026-11-22T21:00:01Z",
            "deletionGracePeriodSeconds": 30, "labels": ["a": "b"], "annotations": ["c": "d"], "finalizers": ["f"],
            "ownerReferences": [
                [
                    "apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u2", "controller": true,
                    "blockOwnerDeletion": false,
                ]
            ],
        ]
        #expect(try JSONValue(encoding: full.decode(ObjectMeta.self)) == full)
        #expect(try JSONValue(encoding: ObjectMeta()) == [:])
        #expect(throws: DecodingError.self) { try (["finalizers": "f"] as JSONValue).decode(ObjectMeta.self) }
    }

    @Test func `of a job the template is left out`() throws {
        let text: JSONValue = [
            "metadata": ["name": "j"], "spec": ["ttlSecondsAfterFinished": 600, "template": ["spec": [:]]],
        ]
        let job: Job = try text.decode()
        #expect(job.spec.ttlSecondsAfterFinished == 600 && job.spec.activeDeadlineSeconds == nil)
        #expect(try Job(metadata: ObjectMeta(name: "j")).manifest()["spec"] == nil)
    }
}
