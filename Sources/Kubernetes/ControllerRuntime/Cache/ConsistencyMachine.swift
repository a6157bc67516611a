// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// How far a cache has followed its collection.
package struct CacheProgress: Sendable, Hashable {
    /// The version up to which the cache has seen everything; nil before the first list.
    package var resourceVersion: ResourceVersion?
    /// Grows when the server went back in time, as after a restored backup: versions from before mean nothing then.
    package var epoch: Int

    /// A progress of these parts.
    package init(resourceVersion: ResourceVersion?, epoch: Int = 0) {
        self.resourceVersion = resourceVersion
        self.epoch = epoch
    }
}

/// Remembers, for each key, the newest version written of each resource, until the cache has passed it. Pure.
///
/// Versions alone decide, never the objects: a child that was deleted meanwhile, one that the cache's selector leaves
/// out, and a write that arrives by a list or is covered by a bookmark all end the wait in the same way.
struct ConsistencyMachine: Sendable {
    /// Where a write went: each has a cache of its own to wait for.
    struct Target: Sendable, Hashable {
        var type: ResourceType
        /// Nil asks for the cache as a whole.
        var namespace: String?
    }

    /// What was written for one key.
    private struct Writes: Sendable {
        var uid: String
        var versions: [Target: Write] = [:]
    }

    private struct Write: Sendable {
        var version: ResourceVersion
        var epoch: Int
    }

    private var writes: [ObjectKey: Writes] = [:]
    private var sweepAt = 1024

    /// How many keys wait for something.
    var count: Int { writes.count }

    /// Remembers a write. An older version than the known one changes nothing, whenever it comes.
    ///
    /// - Parameters:
    ///   - uid: of the object that the key names: what was written for a namesake before it is of no concern.
    ///   - progress: of every cache, as in `blocker`.
    mutating func recordWrite(
        for key: ObjectKey, to target: Target, version: ResourceVersion, uid: String,
        progress: (Target) -> CacheProgress?
    ) {
        // No cache, nothing to wait for; passed already, nothing to wait for either.
        guard let now = progress(target) else { return }
        if let seen = now.resourceVersion, seen >= version { return }
        if writes.count >= sweepAt { sweep(progress) }
        var known = writes[key] ?? Writes(uid: uid)
        if known.uid != uid { known = Writes(uid: uid) }
        if let old = known.versions[target], old.epoch == now.epoch, old.version >= version { return }
        known.versions[target] = Write(version: version, epoch: now.epoch)
        writes[key] = known
    }

    /// Which cache has not caught up with what was written for the key; nil when all have.
    mutating func blocker(
        for key: ObjectKey, progress: (Target) -> CacheProgress?
    ) -> (target: Target, version: ResourceVersion, seen: ResourceVersion?)? {
        guard var known = writes[key] else { return nil }
        known.versions = known.versions.filter { Self.isWaiting($0.value, progress($0.key)) }
        writes[key] = known.versions.isEmpty ? nil : known
        // In a fixed order, so that the reason in a log does not jump about.
        guard let first = known.versions.min(by: { $0.key.type.qualifiedName < $1.key.type.qualifiedName }) else {
            return nil
        }
        return (first.key, first.value.version, progress(first.key)?.resourceVersion)
    }

    /// Forgets what was written for a key: the object is gone.
    mutating func clear(_ key: ObjectKey) { writes[key] = nil }

    private static func isWaiting(_ write: Write, _ progress: CacheProgress?) -> Bool {
        guard let progress, progress.epoch == write.epoch else { return false }
        guard let seen = progress.resourceVersion else { return true }
        return seen < write.version
    }

    /// Keys that nobody asks for again must not pile up.
    private mutating func sweep(_ progress: (Target) -> CacheProgress?) {
        for (key, var known) in writes {
            known.versions = known.versions.filter { Self.isWaiting($0.value, progress($0.key)) }
            writes[key] = known.versions.isEmpty ? nil : known
        }
        sweepAt = max(1024, writes.count * 2)
    }
}
