// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct StoreStateTests {
    private func map(_ name: String, _ version: Int, uid: String? = nil, owner: String = "o") -> ConfigMap {
        var map = ConfigMap(
            metadata: ObjectMeta(name: name, namespace: "n", uid: uid ?? "uid-\(name)", labels: ["owner": owner]))
        map.metadata.resourceVersion = String(version)
        return map
    }

    private func state() -> StoreState<ConfigMap> {
        StoreState(indexers: ["owner": { [$0.metadata.labels["owner"] ?? ""] }])
    }

    private func summary(_ deliveries: [ObjectDelivery<ConfigMap>]) -> [String] {
        deliveries.map { delivery in
            let marks = (delivery.isInInitialList ? "*" : "") + (delivery.isFinalStateUnknown ? "?" : "")
            switch delivery.event {
            case .added(let new): return "added \(new.metadata.name)\(marks)"
            case .updated(let old, let new):
                return
                    "updated \(new.metadata.name) \(old.metadata.resourceVersion)→\(new.metadata.resourceVersion)\(marks)"
            case .deleted(let old): return "deleted \(old.metadata.name)\(marks)"
            }
        }.sorted()
    }

    @Test func `the first list is initial, later ones are differences`() {
        var state = state()
        #expect(
            summary(state.replace([map("a", 1), map("b", 2)], keeping: [], resourceVersion: "5")) == [
                "added a*", "added b*",
            ])
        let deliveries = state.replace([map("b", 2), map("c", 7)], keeping: [], resourceVersion: "9")
        #expect(summary(deliveries) == ["added c", "deleted a?"])
        #expect(state.resourceVersion == "9")
        #expect(
            summary(state.replace([map("b", 8), map("c", 7)], keeping: [], resourceVersion: "9")) == ["updated b 2→8"])
    }

    @Test func `an object that could not be read is not deleted by a list`() {
        var state = state()
        _ = state.replace([map("a", 1)], keeping: [], resourceVersion: "1")
        #expect(summary(state.replace([], keeping: [ObjectKey("n/a")], resourceVersion: "2")) == [])
        #expect(state.objects[ObjectKey("n/a")] != nil)
    }

    @Test func `changes of a watch`() {
        var state = state()
        _ = state.replace([map("a", 1)], keeping: [], resourceVersion: "1")
        #expect(summary(state.apply(map("b", 2))) == ["added b"])
        #expect(summary(state.apply(map("b", 3))) == ["updated b 2→3"])
        #expect(summary(state.apply(map("b", 3))) == [])
        #expect(summary(state.delete(map("b", 4))) == ["deleted b"])
        #expect(summary(state.delete(map("b", 4))) == [])
        #expect(state.resourceVersion == "4")
        #expect(summary(state.forget(ObjectKey("n/a"))) == ["deleted a?"])
        state.bookmark("20")
        state.bookmark("")
        #expect(state.resourceVersion == "20")
    }

    @Test func `a namesake is another object`() {
        var state = state()
        _ = state.replace([map("a", 1, uid: "u1")], keeping: [], resourceVersion: "1")
        #expect(summary(state.apply(map("a", 5, uid: "u2"))) == ["added a", "deleted a?"])
        #expect(
            summary(state.replace([map("a", 5, uid: "u3")], keeping: [], resourceVersion: "9")) == [
                "added a", "deleted a?",
            ])
    }

    @Test func `indexes follow every change`() {
        var state = state()
        _ = state.replace([map("a", 1, owner: "x"), map("b", 1, owner: "x")], keeping: [], resourceVersion: "1")
        #expect(state.keys(index: "owner", value: "x") == [ObjectKey("n/a"), ObjectKey("n/b")])
        _ = state.apply(map("a", 2, owner: "y"))
        #expect(state.keys(index: "owner", value: "x") == [ObjectKey("n/b")])
        #expect(state.keys(index: "owner", value: "y") == [ObjectKey("n/a")])
        _ = state.delete(map("b", 3))
        #expect(state.keys(index: "owner", value: "x") == [])
        _ = state.replace([], keeping: [], resourceVersion: "4")
        #expect(state.keys(index: "owner", value: "y") == [])
    }

    @Test func `a store for tests`() {
        let store = Store([map("a", 1, owner: "x")], indexes: ["owner": { [$0.metadata.labels["owner"] ?? ""] }])
        #expect(store.byIndex("owner", "x").count == 1)
        #expect(store.get(ObjectKey("n/a")) != nil)
        #expect(store.list(namespace: "n").count == 1 && store.list(namespace: "m").isEmpty && store.count == 1)
    }
}
