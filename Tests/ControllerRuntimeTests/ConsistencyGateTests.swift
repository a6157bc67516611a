// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct ConsistencyGateTests {
    private let owner = ObjectKey(namespace: "default", name: "owner")

    private func map(_ name: String, _ version: Int, uid: String? = nil) -> CachedObject<ConfigMap> {
        var metadata = ObjectMeta(name: name, namespace: "default", uid: uid ?? "uid-\(name)")
        metadata.resourceVersion = String(version)
        return CachedObject(ConfigMap(metadata: metadata))
    }

    /// A store at version 10 that the gate observes.
    private func gated() -> (ConsistencyGate, Store<ConfigMap>) {
        let store = Store<ConfigMap>(indexers: [:])
        _ = store.change { $0.replace([map("a", 7)], resourceVersion: "10") }
        let gate = ConsistencyGate()
        gate.observe(.configMap) { store.progress(namespace: $0) }
        return (gate, store)
    }

    private func write(_ gate: ConsistencyGate, _ version: String) {
        gate.recordWrite(for: owner, of: .configMap, resourceVersion: version, uid: "uid-owner")
    }

    @Test func `it says which cache has not seen which write`() {
        let (gate, _) = gated()
        #expect(gate.blocker(for: owner) == nil)
        write(gate, "12")
        #expect(gate.blocker(for: owner) == "the cache of configmaps is at 10 and has not seen our write 12")
        #expect(gate.blocker(for: ObjectKey("default/other")) == nil)
    }

    @Test func `the write's own event opens it`() {
        let (gate, store) = gated()
        write(gate, "12")
        _ = store.change { $0.apply(map("x", 11)) }
        #expect(gate.blocker(for: owner) != nil)
        _ = store.change { $0.apply(map("b", 12)) }
        #expect(gate.blocker(for: owner) == nil)
        #expect(gate.count == 0)
    }

    @Test func `a bookmark opens it, also when the selector leaves the child out`() {
        let (gate, store) = gated()
        write(gate, "12")
        _ = store.change { state in
            state.advance(to: "13")
            return []
        }
        #expect(gate.blocker(for: owner) == nil)
    }

    @Test func `the deletion of the child opens it`() {
        let (gate, store) = gated()
        write(gate, "12")
        _ = store.change { $0.delete(map("a", 14)) }
        #expect(gate.blocker(for: owner) == nil)
    }

    /// The watch broke between the creation and its event, and the child was deleted from outside meanwhile.
    @Test func `a list without the child opens it`() {
        let (gate, store) = gated()
        write(gate, "12")
        _ = store.change { $0.replace([], resourceVersion: "15") }
        #expect(gate.blocker(for: owner) == nil)
    }

    @Test func `a list from before the write does not`() {
        let (gate, store) = gated()
        write(gate, "12")
        _ = store.change { $0.replace([map("a", 7)], resourceVersion: "11") }
        #expect(gate.blocker(for: owner) != nil)
    }

    @Test func `a list of a server that went back in time opens it`() {
        let (gate, store) = gated()
        write(gate, "12")
        _ = store.change { $0.replace([], resourceVersion: "4") }
        #expect(gate.blocker(for: owner) == nil)
    }

    @Test func `an answer that comes after a newer event closes nothing`() {
        let (gate, store) = gated()
        _ = store.change { $0.apply(map("b", 20)) }
        write(gate, "12")
        #expect(gate.blocker(for: owner) == nil)
        #expect(store.get(ObjectKey("default/b"))?.metadata.resourceVersion == "20")
    }

    @Test(arguments: ["", "0", "abc"]) func `a version that cannot be compared is not waited for`(version: String) {
        let (gate, _) = gated()
        write(gate, version)
        #expect(gate.blocker(for: owner) == nil)
    }

    @Test func `an object that is gone waits for nothing`() {
        let (gate, _) = gated()
        write(gate, "12")
        gate.clear(owner)
        #expect(gate.blocker(for: owner) == nil)
    }
}
