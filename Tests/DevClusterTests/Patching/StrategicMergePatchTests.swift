// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import DevCluster

@Suite struct StrategicMergePatchTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var before: JSONValue
        var patch: JSONValue
        var after: JSONValue
    }

    static let examples: [Example] = [
        Example(
            testDescription: "maps merge and null removes", before: ["a": ["b": 1, "c": 2]],
            patch: ["a": ["b": nil, "d": 3]], after: ["a": ["c": 2, "d": 3]]),
        Example(
            testDescription: "containers merge by name",
            before: ["spec": ["containers": [["name": "a", "image": "1"], ["name": "b", "image": "1"]]]],
            patch: ["spec": ["containers": [["name": "b", "image": "2"], ["name": "c"]]]],
            after: [
                "spec": ["containers": [["name": "a", "image": "1"], ["name": "b", "image": "2"], ["name": "c"]]]
            ]),
        Example(
            testDescription: "an element is deleted by directive",
            before: ["spec": ["containers": [["name": "a"], ["name": "b"]]]],
            patch: ["spec": ["containers": [["name": "a", "$patch": "delete"]]]],
            after: ["spec": ["containers": [["name": "b"]]]]),
        Example(
            testDescription: "a list is replaced by directive",
            before: ["spec": ["containers": [["name": "a"], ["name": "b"]]]],
            patch: ["spec": ["containers": [["$patch": "replace"], ["name": "c"]]]],
            after: ["spec": ["containers": [["name": "c"]]]]),
        Example(
            testDescription: "a map is replaced by directive", before: ["spec": ["a": 1, "b": 2]],
            patch: ["spec": ["$patch": "replace", "c": 3]], after: ["spec": ["c": 3]]),
        Example(
            testDescription: "primitive lists are atomic unless known", before: ["spec": ["args": ["a"]]],
            patch: ["spec": ["args": ["b"]]], after: ["spec": ["args": ["b"]]]),
        Example(
            testDescription: "finalizers are a set", before: ["metadata": ["finalizers": ["a/x"]]],
            patch: ["metadata": ["finalizers": ["b/y", "a/x"]]], after: ["metadata": ["finalizers": ["a/x", "b/y"]]]),
        Example(
            testDescription: "elements of a set are removed by directive",
            before: ["metadata": ["finalizers": ["a/x", "b/y"]]],
            patch: ["metadata": ["$deleteFromPrimitiveList/finalizers": ["a/x"]]],
            after: ["metadata": ["finalizers": ["b/y"]]]),
        Example(
            testDescription: "the order is set by directive",
            before: ["spec": ["containers": [["name": "a"], ["name": "b"]]]],
            patch: ["spec": ["$setElementOrder/containers": [["name": "b"], ["name": "a"]]]],
            after: ["spec": ["containers": [["name": "b"], ["name": "a"]]]]),
        Example(
            testDescription: "keys that are not retained go",
            before: ["strategy": ["type": "A", "rollingUpdate": [:]]],
            patch: ["strategy": ["$retainKeys": ["type"], "type": "B"]], after: ["strategy": ["type": "B"]]),
        Example(
            testDescription: "directives never reach the object", before: [:],
            patch: ["spec": ["$setElementOrder/containers": [["name": "a"]], "containers": [["name": "a"]]]],
            after: ["spec": ["containers": [["name": "a"]]]]),
    ]

    @Test(arguments: examples) func apply(_ example: Example) {
        let result = StrategicMergePatch.apply(example.patch, to: example.before, shape: MergeShape(kind: "Pod"))
        #expect(result == example.after)
    }
}
