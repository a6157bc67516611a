// SPDX-License-Identifier: MIT
import KubernetesAPI
import Synchronization

/// The newest version of each object that we wrote ourselves, until the cache has caught up with it.
///
/// A cache may still hold what was there before our own last write; deciding from that would do things again. Versions of
/// one resource are comparable integers (KEP-5504).
final class LatestVersions<Object: Resource>: Sendable {
    private let written = Mutex<[ObjectKey: Object]>([:])

    /// Remembers what the server answered to our write.
    func note(_ object: Object) {
        written.withLock { map in
            if let known = map[object.metadata.key], Self.version(known) > Self.version(object),
                known.metadata.uid == object.metadata.uid
            {
                return
            }
            map[object.metadata.key] = object
        }
    }

    /// Everything that was written and not seen by the cache yet, as far as anybody looked.
    var all: [Object] { written.withLock { Array($0.values) } }

    /// Forgets an object that is gone.
    func forget(_ key: ObjectKey) { written.withLock { $0[key] = nil } }

    /// The newer of the cached object and our own last write.
    func newest(_ cached: Object?, key: ObjectKey) -> Object? {
        written.withLock { map in
            guard let own = map[key] else { return cached }
            guard let cached else {
                // Deleted, or not seen yet; a write is answered well before its event, so the cache decides.
                map[key] = nil
                return nil
            }
            if cached.metadata.uid != own.metadata.uid || Self.version(cached) >= Self.version(own) {
                map[key] = nil
                return cached
            }
            return own
        }
    }

    private static func version(_ object: Object) -> UInt64 { UInt64(object.metadata.resourceVersion) ?? 0 }
}
