// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct PendingListTests {
    private func map(_ name: String, _ version: Int = 1) -> CachedObject<ConfigMap> {
        var metadata = ObjectMeta(name: name, namespace: "n", uid: "u")
        metadata.resourceVersion = String(version)
        return CachedObject(ConfigMap(metadata: metadata))
    }

    private func poison(_ name: String) -> PoisonObject {
        PoisonObject(metadata: ObjectMeta(name: name, namespace: "n"), problem: "p")
    }

    private func summary(_ list: PendingList<ConfigMap>) -> [String] {
        let objects = list.objects.map { "\($0.key.name)\($0.object.metadata.resourceVersion)" }
        return objects.sorted() + list.poison.keys.map { "!\($0.name)" }.sorted()
    }

    @Test func `the last state of each object counts`() {
        var list = PendingList<ConfigMap>()
        for name in ["a", "b", "c", "d"] { list.put(map(name)) }
        list.put(map("b", 2))
        #expect(summary(list) == ["a1", "b2", "c1", "d1"])
    }

    @Test(arguments: ["a", "b", "c"])
    func `what goes leaves the others where they are found`(gone: String) {
        var list = PendingList<ConfigMap>()
        for name in ["a", "b", "c"] { list.put(map(name)) }
        list.remove(ObjectKey("n/\(gone)"))
        list.remove(ObjectKey("n/unknown"))
        for name in ["a", "b", "c"] where name != gone { list.put(map(name, 2)) }
        #expect(summary(list) == ["a", "b", "c"].filter { $0 != gone }.map { "\($0)2" })
        list.put(map(gone, 3))
        #expect(list.objects.count == 3)
    }

    @Test func `an object is readable or not, never both`() {
        var list = PendingList<ConfigMap>()
        list.put(map("a"))
        list.put(map("b"))
        list.put(poison: poison("a"))
        #expect(summary(list) == ["b1", "!a"])
        list.put(map("a", 2))
        #expect(summary(list) == ["a2", "b1"])
        list.put(poison: poison("c"))
        list.remove(ObjectKey("n/c"))
        #expect(summary(list) == ["a2", "b1"])
    }
}
