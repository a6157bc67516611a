// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// Which keys a controller looks at when an object changes.
///
/// Apply it to every state that an event is about: an object that changed owners concerns the old one too.
package struct Mapping<Object: KubernetesObject>: Sendable {
    private let keys: @Sendable (Object) -> [ObjectKey]

    /// A mapping made of a function.
    package init(_ keys: @escaping @Sendable (Object) -> [ObjectKey]) {
        self.keys = keys
    }

    /// The keys that an object maps to.
    package func keys(_ object: Object) -> [ObjectKey] { keys(object) }

    /// The keys of an event, each once, in order.
    package func keys(_ event: ObjectEvent<Object>) -> [ObjectKey] {
        let found: [ObjectKey]
        switch event {
        case .added(let object), .deleted(let object): found = keys(object)
        case .updated(let old, let new): found = keys(old) + keys(new)
        }
        if found.count < 2 { return found }
        var seen: Set<ObjectKey> = []
        return found.filter { seen.insert($0).inserted }
    }

    /// The object itself.
    package static var itself: Mapping { Mapping { [$0.key] } }

    /// Its controlling owner of this type.
    package static func controller(_ type: ResourceType) -> Mapping {
        Mapping { object in
            guard let owner = object.metadata.controller else { return [] }
            return key(owner, type, object.metadata.namespace).map { [$0] } ?? []
        }
    }

    /// Every owner of this type.
    package static func owners(_ type: ResourceType) -> Mapping {
        Mapping { object in object.metadata.ownerReferences.compactMap { key($0, type, object.metadata.namespace) } }
    }

    /// The object that two labels name: what is in another namespace cannot be owned.
    ///
    /// - Parameter namespaceLabel: nil for cluster-scoped targets.
    package static func labels(name nameLabel: String, namespace namespaceLabel: String?) -> Mapping {
        Mapping { object in
            let labels = object.metadata.labels
            guard let name = labels[nameLabel], !name.isEmpty else { return [] }
            guard let namespaceLabel else { return [ObjectKey(namespace: nil, name: name)] }
            guard let namespace = labels[namespaceLabel], !namespace.isEmpty else { return [] }
            return [ObjectKey(namespace: namespace, name: name)]
        }
    }

    private static func key(_ owner: OwnerReference, _ type: ResourceType, _ namespace: String?) -> ObjectKey? {
        guard type.isSameKind(apiVersion: owner.apiVersion, kind: owner.kind) else { return nil }
        return ObjectKey(namespace: type.isNamespaced ? namespace : nil, name: owner.name)
    }
}
