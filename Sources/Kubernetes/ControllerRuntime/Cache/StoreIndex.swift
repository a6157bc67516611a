// SPDX-License-Identifier: MIT
import KubernetesAPI

/// The objects that one index finds, by value. Most values find one object, and one object takes no set.
struct StoreIndex<Object: KubernetesObject>: Sendable {
    private enum Entry: Sendable {
        case one(CachedObject<Object>)
        case many(Set<CachedObject<Object>>)
    }

    let name: String
    private let values: @Sendable (Object) -> [String]
    private var entries: [String: Entry] = [:]

    init(_ name: String, _ values: @escaping @Sendable (Object) -> [String]) {
        self.name = name
        self.values = values
    }

    func objects(_ value: String) -> [CachedObject<Object>] {
        switch entries[value] {
        case nil: []
        case .one(let object): [object]
        case .many(let objects): Array(objects)
        }
    }

    mutating func insert(_ object: CachedObject<Object>) {
        for value in values(object.object) {
            // Most values are new.
            switch entries.updateValue(.one(object), forKey: value) {
            case nil: break
            // An indexer may name a value twice.
            case .one(let known): if known !== object { entries[value] = .many([known, object]) }
            case .many(var objects):
                objects.insert(object)
                entries[value] = .many(objects)
            }
        }
    }

    mutating func remove(_ object: CachedObject<Object>) {
        for value in values(object.object) {
            switch entries.removeValue(forKey: value) {
            case nil: break
            case .one(let known): if known !== object { entries[value] = .one(known) }
            case .many(var objects):
                objects.remove(object)
                if let only = objects.first { entries[value] = objects.count == 1 ? .one(only) : .many(objects) }
            }
        }
    }
}
