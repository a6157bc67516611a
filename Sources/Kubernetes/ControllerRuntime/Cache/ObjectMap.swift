// SPDX-License-Identifier: MIT
import KubernetesAPI

/// Objects by key, in parts: a copy shares every part, and a change afterwards copies one of them.
///
/// So readers take the whole content for the price of one reference, walk it without holding anybody up, and cost the
/// writer a sixty-fourth of what copying everything would.
struct ObjectMap<Object: KubernetesObject>: Sendable {
    private static var partCount: Int { 64 }
    private(set) var parts: [[ObjectKey: CachedObject<Object>]]
    private(set) var count = 0

    init() { parts = Array(repeating: [:], count: Self.partCount) }

    private static func part(of key: ObjectKey) -> Int { Int(UInt(bitPattern: key.hashValue) % UInt(partCount)) }

    subscript(key: ObjectKey) -> CachedObject<Object>? { parts[Self.part(of: key)][key] }

    /// Puts an object in and returns what was there.
    @discardableResult
    mutating func insert(_ object: CachedObject<Object>, _ key: ObjectKey) -> CachedObject<Object>? {
        let old = parts[Self.part(of: key)].updateValue(object, forKey: key)
        if old == nil { count += 1 }
        return old
    }

    /// Takes an object out.
    @discardableResult
    mutating func remove(_ key: ObjectKey) -> CachedObject<Object>? {
        let old = parts[Self.part(of: key)].removeValue(forKey: key)
        if old != nil { count -= 1 }
        return old
    }

    /// Calls the body with every object, in no order, until it returns false.
    func walk(_ body: (CachedObject<Object>) throws -> Bool) rethrows {
        for part in parts {
            for object in part.values {
                if try !body(object) { return }
            }
        }
    }
}
