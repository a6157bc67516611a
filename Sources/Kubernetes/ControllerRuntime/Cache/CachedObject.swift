// SPDX-License-Identifier: MIT
import KubernetesAPI

/// One state of an object in a cache: shared by the store, its indexes and deliveries under way, and never changed.
///
/// Models are large structures; behind a reference they are kept once and handed on for the price of a counter.
final class CachedObject<Object: KubernetesObject>: Sendable {
    let object: Object

    init(_ object: Object) { self.object = object }

    var key: ObjectKey { object.metadata.key }

    /// Whether both are the same state of the same object.
    func isSameVersion(as other: CachedObject) -> Bool {
        self === other
            || object.metadata.resourceVersion == other.object.metadata.resourceVersion
                && object.metadata.uid == other.object.metadata.uid
    }
}

extension CachedObject: Hashable {
    static func == (left: CachedObject, right: CachedObject) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
