// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesClient
import Testing

@Suite struct PatchTests {
    @Test func `a finalizer is taken off by index and only if it is still there`() throws {
        let patch = try #require(Patch.removingFinalizer("b", from: ["a", "b"]))
        guard case .json(let operations) = patch else {
            Issue.record("another kind of patch")
            return
        }
        let object: JSONValue = ["metadata": ["finalizers": ["a", "b"]]]
        #expect(try operations.apply(to: object) == ["metadata": ["finalizers": ["a"]]])
        // Someone took "a" off meanwhile: the index points elsewhere, and the patch must fail rather than hit another.
        #expect(throws: JSONPatchError.self) { try operations.apply(to: ["metadata": ["finalizers": ["b", "c"]]]) }
        #expect(Patch.removingFinalizer("x", from: ["a"]) == nil)
    }

    @Test func `a finalizer is added only to the list that was read`() throws {
        let patch = try #require(Patch.addingFinalizer("b", to: (["a"], "7")))
        guard case .json(let operations) = patch else {
            Issue.record("another kind of patch")
            return
        }
        let fresh: JSONValue = ["metadata": ["resourceVersion": "7", "finalizers": ["a"]]]
        #expect(try operations.apply(to: fresh).at("metadata", "finalizers") == ["a", "b"])
        let stale: JSONValue = ["metadata": ["resourceVersion": "8", "finalizers": ["a", "z"]]]
        #expect(throws: JSONPatchError.self) { try operations.apply(to: stale) }
        #expect(Patch.addingFinalizer("a", to: (["a"], "7")) == nil)
    }

    @Test(arguments: [(["a"], ["a", "b"]), ([], ["b"])] as [([String], [String])])
    func `a finalizer is added whatever else was written`(had: [String], has: [String]) throws {
        guard case .json(let operations) = try #require(Patch.addingFinalizer("b", to: had)) else {
            Issue.record("another kind of patch")
            return
        }
        var object: JSONValue = ["metadata": ["resourceVersion": "9"], "status": ["phase": "Running"]]
        if !had.isEmpty { object.setValue(.array(had.map { .string($0) }), at: ["metadata", "finalizers"]) }
        let changed = try operations.apply(to: object)
        #expect(changed.at("metadata", "finalizers") == .array(has.map { .string($0) }))
        // Somebody else's finalizer came meanwhile: adding to what was read would take it off again.
        object.setValue(["z"], at: ["metadata", "finalizers"])
        #expect(throws: JSONPatchError.self) { try operations.apply(to: object) }
        #expect(Patch.addingFinalizer("a", to: ["a"]) == nil)
    }
}
