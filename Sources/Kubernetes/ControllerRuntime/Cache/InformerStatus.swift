// SPDX-License-Identifier: MIT
import KubernetesAPI

/// What is known of how an informer's parts are doing. Pure.
struct InformerStatus: Sendable {
    private struct Part: Sendable {
        var isSynced = false
        var problem: String? = "not started"
        var failingSince: Duration?
        var fallback: String?
    }

    private var parts: [Part]
    private var poison: [ObjectKey: (part: Int, object: PoisonObject)] = [:]
    private var lastHeard: Duration?

    init(parts: Int) { self.parts = Array(repeating: Part(), count: parts) }

    var isSynced: Bool { parts.allSatisfy(\.isSynced) }
    var problem: String? { parts.lazy.compactMap(\.problem).first }
    var poisonObjects: [ObjectKey: PoisonObject] { poison.mapValues(\.object) }

    func health(now: Duration) -> CacheHealth {
        CacheHealth(
            isSynced: isSynced, problem: problem,
            failingFor: parts.compactMap(\.failingSince).min().map { now - $0 }, silentFor: lastHeard.map { now - $0 },
            fallback: parts.lazy.compactMap(\.fallback).first, poison: poisonObjects)
    }

    mutating func heard(now: Duration) { lastHeard = now }

    mutating func filled(part: Int) { parts[part].isSynced = true }

    /// Nil when the part follows its collection.
    mutating func set(problem: String?, part: Int, now: Duration) {
        parts[part].problem = problem
        parts[part].failingSince = problem == nil ? nil : parts[part].failingSince ?? now
    }

    /// Returns whether that is news.
    mutating func set(fallback: String?, part: Int) -> Bool {
        guard parts[part].fallback != fallback else { return false }
        parts[part].fallback = fallback
        return true
    }

    /// What a list found, in place of what was known of the part.
    mutating func replace(poison objects: [PoisonObject], part: Int) {
        poison = poison.filter { $0.value.part != part }
        for object in objects { poison[object.key] = (part, object) }
    }

    mutating func add(poison object: PoisonObject, part: Int) { poison[object.key] = (part, object) }

    mutating func cure(_ key: ObjectKey) {
        if !poison.isEmpty { poison[key] = nil }
    }
}
