// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct StoreStateTests {
    typealias Cached = CachedObject<ConfigMap>

    private func map(
        _ name: String, _ version: Int, uid: String? = nil, owner: String = "o", namespace: String = "n"
    ) -> Cached {
        var map = ConfigMap(
            metadata: ObjectMeta(
                name: name, namespace: namespace, uid: uid ?? "uid-\(name)", labels: ["owner": owner]))
        map.metadata.resourceVersion = String(version)
        return CachedObject(map)
    }

    private func state(_ namespaces: [String?] = [nil]) -> StoreState<ConfigMap> {
        StoreState(indexers: ["owner": { [$0.metadata.labels["owner"] ?? ""] }], namespaces: namespaces)
    }

    private func found(_ state: StoreState<ConfigMap>, _ owner: String) -> [String] {
        state.objects(index: "owner", value: owner).map(\.object.metadata.name).sorted()
    }

    private func summary(_ changes: [StoreChange<ConfigMap>]) -> [String] {
        changes.map(\.delivery).map { delivery in
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
            summary(state.replace([map("a", 1), map("b", 2)], resourceVersion: "5")) == ["added a*", "added b*"])
        let changes = state.replace([map("b", 2), map("c", 7)], resourceVersion: "9")
        #expect(summary(changes) == ["added c", "deleted a?"])
        #expect(state.resourceVersion == "9")
        #expect(summary(state.replace([map("b", 8), map("c", 7)], resourceVersion: "9")) == ["updated b 2→8"])
        #expect(state.objects.count == 2)
    }

    @Test func `an object that could not be read is not deleted by a list`() {
        var state = state()
        _ = state.replace([map("a", 1)], resourceVersion: "1")
        #expect(summary(state.replace([], keeping: [ObjectKey("n/a")], resourceVersion: "2")) == [])
        #expect(state.objects[ObjectKey("n/a")] != nil)
    }

    @Test func `changes of a watch`() {
        var state = state()
        _ = state.replace([map("a", 1)], resourceVersion: "1")
        #expect(summary(state.apply(map("b", 2))) == ["added b"])
        #expect(summary(state.apply(map("b", 3))) == ["updated b 2→3"])
        #expect(summary(state.apply(map("b", 3))) == [])
        #expect(summary(state.delete(map("b", 4))) == ["deleted b"])
        #expect(summary(state.delete(map("b", 4))) == [])
        #expect(state.resourceVersion == "4")
        #expect(summary(state.forget(ObjectKey("n/a"))) == ["deleted a?"])
        state.advance(to: "20")
        state.advance(to: "")
        #expect(state.resourceVersion == "20")
    }

    @Test func `a watch never takes an object or the version back, a list may`() {
        var state = state()
        _ = state.replace([map("a", 50)], resourceVersion: "60")
        #expect(summary(state.apply(map("a", 9))) == [])
        state.advance(to: "10")
        #expect(state.resourceVersion == "60")
        #expect(state.progress(namespace: nil)?.epoch == 0)
        #expect(summary(state.replace([map("a", 9)], resourceVersion: "10")) == ["updated a 50→9"])
        #expect(state.progress(namespace: nil) == CacheProgress(resourceVersion: ResourceVersion("10"), epoch: 1))
    }

    @Test func `a namesake is another object`() {
        var state = state()
        _ = state.replace([map("a", 1, uid: "u1")], resourceVersion: "1")
        #expect(summary(state.apply(map("a", 5, uid: "u2"))) == ["added a", "deleted a?"])
        #expect(summary(state.replace([map("a", 5, uid: "u3")], resourceVersion: "9")) == ["added a", "deleted a?"])
    }

    @Test func `indexes follow every change`() {
        var state = state()
        _ = state.replace([map("a", 1, owner: "x"), map("b", 1, owner: "x"), map("c", 1)], resourceVersion: "1")
        #expect(found(state, "x") == ["a", "b"])
        _ = state.apply(map("a", 2, owner: "y"))
        #expect(found(state, "x") == ["b"])
        #expect(found(state, "y") == ["a"])
        _ = state.delete(map("b", 3))
        #expect(found(state, "x") == [])
        _ = state.replace([], resourceVersion: "4")
        #expect(found(state, "y") == [] && found(state, "o") == [])
    }

    @Test func `an index that names a value twice finds the object once`() {
        var index = StoreIndex<ConfigMap>("twice") { _ in ["v", "v"] }
        let (a, b) = (map("a", 1), map("b", 1))
        index.insert(a)
        #expect(index.objects("v") == [a])
        index.insert(b)
        #expect(Set(index.objects("v")) == [a, b])
        index.remove(a)
        index.remove(a)
        #expect(index.objects("v") == [b])
        index.remove(b)
        #expect(index.objects("v").isEmpty)
    }

    // MARK: Parts

    @Test func `a list replaces its own namespace alone`() {
        var state = state(["n", "m"])
        #expect(summary(state.replace([map("a", 1)], part: 0, resourceVersion: "5")) == ["added a*"])
        #expect(state.progress(namespace: nil)?.resourceVersion == nil)
        #expect(state.progress(namespace: "n")?.resourceVersion?.text == "5")
        #expect(state.progress(namespace: "m")?.resourceVersion == nil)
        #expect(state.progress(namespace: "other") == nil)
        #expect(
            summary(state.replace([map("b", 1, namespace: "m")], part: 1, resourceVersion: "7")) == ["added b*"])
        #expect(state.progress(namespace: nil)?.resourceVersion?.text == "5")
        #expect(state.resourceVersion == "5")
        #expect(summary(state.replace([], part: 1, resourceVersion: "8")) == ["deleted b?"])
        #expect(state.objects.count == 1)
        state.advance(to: "9", part: 0)
        #expect(state.resourceVersion == "8")
    }

    // MARK: Readers

    @Test func `what a reader took does not change`() {
        let store = Store<ConfigMap>(indexers: [:])
        _ = store.change { $0.replace((0..<300).map { map("o\($0)", 1) }, resourceVersion: "1") }
        let content = store.list()
        _ = store.change { $0.replace([map("new", 2)], resourceVersion: "2") }
        #expect(content.count == 300 && content.underestimatedCount == 300 && !content.isEmpty)
        #expect(Set(content.map(\.metadata.name)).count == 300)
        #expect(content.first { $0.metadata.name == "o77" } != nil)
        #expect(content.first { $0.metadata.name == "new" } == nil)
        #expect(content.contains { $0.metadata.name == "o299" })
        #expect(content.filter { $0.metadata.name.hasSuffix("7") }.count == 30)
        #expect(store.list().map(\.metadata.name) == ["new"])
    }

    @Test func `a store for tests`() {
        let store = Store(
            [map("a", 1, owner: "x").object], indexes: ["owner": { [$0.metadata.labels["owner"] ?? ""] }])
        #expect(store.byIndex("owner", "x").count == 1)
        #expect(store.get(ObjectKey("n/a")) != nil)
        #expect(store.list(namespace: "n").count == 1 && store.list(namespace: "m").isEmpty && store.count == 1)
    }

    /// Whatever a server says, the store holds what a plain dictionary would, and its indexes find the same.
    @Test(arguments: 0..<50) func `it equals a model of itself`(seed: UInt64) {
        var random = SeededRandom(seed)
        var state = state()
        var model: [String: (version: Int, owner: String)] = [:]
        var told: [String: Int] = [:]
        func note(_ changes: [StoreChange<ConfigMap>]) {
            for change in changes {
                switch change {
                case .added(let new, _), .updated(_, let new):
                    told[new.key.name] = Int(new.object.metadata.resourceVersion)
                case .deleted(let old, _): told[old.key.name] = nil
                }
            }
        }
        note(state.replace([], resourceVersion: "1"))
        for version in 2...300 {
            let name = "o\(Int.random(in: 0..<20, using: &random))"
            let owner = "w\(Int.random(in: 0..<3, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                model = model.filter { _ in Bool.random(using: &random) }
                model[name] = (version, owner)
                note(state.replace(model.map { map($0, $1.version, owner: $1.owner) }, resourceVersion: "\(version)"))
            case 1...3:
                model[name] = nil
                note(state.delete(map(name, version, owner: owner)))
            default:
                model[name] = (version, owner)
                note(state.apply(map(name, version, owner: owner)))
            }
            #expect(state.objects.count == model.count)
            #expect(told == model.mapValues(\.version))
            for owner in ["w0", "w1", "w2"] {
                #expect(found(state, owner) == model.filter { $0.value.owner == owner }.keys.sorted())
            }
        }
    }
}
