// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite struct DeliveryBufferTests {
    typealias Change = StoreChange<ConfigMap>

    private func map(_ name: String, _ version: Int) -> CachedObject<ConfigMap> {
        var metadata = ObjectMeta(name: name, namespace: "n", uid: "u")
        metadata.resourceVersion = String(version)
        return CachedObject(ConfigMap(metadata: metadata))
    }

    private func added(_ version: Int) -> Change { .added(map("a", version), isInInitialList: true) }
    private func updated(_ old: Int, _ new: Int) -> Change { .updated(old: map("a", old), new: map("a", new)) }
    private func deleted(_ version: Int) -> Change { .deleted(map("a", version), isFinalStateUnknown: false) }

    private func summary(_ changes: [Change]) -> [String] {
        changes.map { change in
            func text(_ object: CachedObject<ConfigMap>) -> String {
                "\(object.key.name)\(object.object.metadata.resourceVersion)"
            }
            switch change {
            case .added(let new, let isInitial): return "added \(text(new))\(isInitial ? "*" : "")"
            case .updated(let old, let new): return "updated \(text(old)) \(text(new))"
            case .deleted(let old, _): return "deleted \(text(old))"
            }
        }
    }

    @Test func `up to the limit everything is told as it came`() {
        var buffer = DeliveryBuffer<ConfigMap>(limit: 4)
        for change in [added(1), updated(1, 2), updated(2, 3), deleted(4)] { buffer.add(change) }
        #expect(summary(buffer.takeAll()) == ["added a1*", "updated a1 a2", "updated a2 a3", "deleted a4"])
        #expect(buffer.takeAll().isEmpty && buffer.count == 0)
    }

    @Test func `beyond it changes of one object become one`() {
        let cases: [([Change], String)] = [
            ([added(1), updated(1, 2)], "added a2"), ([added(1), updated(1, 2), deleted(3)], "deleted a3"),
            ([added(1), deleted(2)], "deleted a2"), ([updated(1, 2), updated(2, 3)], "updated a1 a3"),
            ([updated(1, 2), deleted(3)], "deleted a3"), ([deleted(1), added(2)], "updated a1 a2"),
            ([deleted(1), added(2), updated(2, 3)], "updated a1 a3"), ([deleted(1), added(2), deleted(3)], "deleted a3"),
        ]
        for (changes, expected) in cases {
            var buffer = DeliveryBuffer<ConfigMap>(limit: 0)
            for change in changes { buffer.add(change) }
            #expect(summary(buffer.takeAll()) == [expected])
        }
    }

    @Test func `memory follows the number of objects, not that of events`() {
        var buffer = DeliveryBuffer<ConfigMap>()
        for number in 0..<100_000 {
            let name = "o\(number % 100)"
            switch number / 100 % 3 {
            case 0: buffer.add(.added(map(name, number), isInInitialList: false))
            case 1: buffer.add(.updated(old: map(name, number - 1), new: map(name, number)))
            default: buffer.add(.deleted(map(name, number), isFinalStateUnknown: false))
            }
        }
        #expect(buffer.count <= 1024 + 100)
        let changes = buffer.takeAll()
        // The last word about every object is told.
        for number in 99_900..<100_000 {
            let last = changes.last { $0.object.key.name == "o\(number % 100)" }
            #expect(last?.object.object.metadata.resourceVersion == String(number))
        }
    }
}
