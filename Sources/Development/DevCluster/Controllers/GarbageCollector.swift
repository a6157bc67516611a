// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime

/// Removes what nobody owns any more, and carries out foreground and orphaning deletions.
///
/// It follows every change in the store, so it learns of a deletion when it happens and of everything at its start.
struct GarbageCollector: Sendable {
    let api: ClusterAPI
    let logger: Logger

    /// What is to be done with an object.
    enum Action: Sendable, Equatable {
        case nothing
        /// Delete it, its owners are gone.
        case delete(ClusterDeleteOptions.Propagation)
        /// Forget these owners: others remain.
        case forgetOwners([String])
        /// Delete these dependents, then look again.
        case deleteDependents
        /// Take this finalizer off: what it waits for is done.
        case removeFinalizer(String)
        /// Take the object out of its dependents' owners, then take the finalizer off.
        case orphanDependents
    }

    /// Runs until the task is cancelled or the store closes.
    func run() async {
        var graph = OwnerGraph()
        var queue: Set<String> = []
        var revision = load(into: &graph, &queue)
        while !Task.isCancelled, !api.store.isClosed {
            for uid in queue { process(uid, graph, asOf: revision) }
            queue = []
            switch api.store.history(of: nil, after: revision) {
            case .events(let events, let upTo):
                revision = upTo
                for event in events {
                    if let object = event.object {
                        queue.formUnion(graph.insert(object, at: event.key))
                    } else if let last = event.previous {
                        queue.formUnion(graph.remove(last.uid))
                    }
                }
                if events.isEmpty { await api.store.waitForChange(in: nil, after: revision) }
            case .expired, .future:
                graph = OwnerGraph()
                revision = load(into: &graph, &queue)
            }
        }
    }

    private func load(into graph: inout OwnerGraph, _ queue: inout Set<String>) -> UInt64 {
        // Read before the objects: what changes meanwhile is seen once more, which does no harm.
        let revision = api.store.revision
        for bucket in api.store.buckets {
            for object in api.store.objects(bucket).items {
                let key = StorageKey(bucket: bucket, namespace: object.namespace, name: object.name)
                queue.formUnion(graph.insert(object, at: key))
            }
        }
        return revision
    }

    /// - Parameter revision: how far the graph has got. An object that changed later waits for its change to get here:
    ///   what depends on it may have been made in between, and the graph does not know of it.
    private func process(_ uid: String, _ graph: OwnerGraph, asOf revision: UInt64) {
        guard let key = graph.key(of: uid), let object = api.store.object(key), object.uid == uid,
            UInt64(object.resourceVersion).map({ $0 <= revision }) ?? true
        else { return }
        let action = decide(object, key: key, graph)
        guard action != .nothing else { return }
        do throws(StatusError) {
            try carryOut(action, on: object, key: key, graph)
        } catch {
            // Gone or changed meanwhile: the change brings the object back here.
            if error.isNotFound || error.isConflict { return }
            logger.warning(
                "garbage collection failed",
                ["object": "\(key.bucket)/\(key.namespace)/\(key.name)", "reason": error.message])
        }
    }

    // MARK: Deciding

    /// Where an owner reference leads.
    private enum Owner {
        case there
        /// Being deleted in the foreground: it waits for this object to go.
        case waiting
        case gone
        /// Of a kind that is not served, so nothing can be said.
        case unknown
    }

    private func decide(_ object: JSONValue, key: StorageKey, _ graph: OwnerGraph) -> Action {
        if object.isBeingDeleted {
            if object.finalizers.contains(DeletionRules.orphan) { return .orphanDependents }
            guard object.finalizers.contains(DeletionRules.foreground) else { return .nothing }
            let dependents = graph.dependents(of: object.uid).compactMap { current($0, graph) }
            let blocking = dependents.filter { Self.blocks(object.uid, $0) }
            return blocking.isEmpty ? .removeFinalizer(DeletionRules.foreground) : .deleteDependents
        }
        let references = object.ownerReferences
        guard !references.isEmpty else { return .nothing }
        let owners = references.map { owner($0, of: object) }
        if owners.contains(where: { $0 == .unknown }) { return .nothing }
        if owners.contains(where: { $0 == .there }) {
            let lost = zip(references, owners).filter { $0.1 != .there }.compactMap { $0.0["uid"]?.stringValue }
            return lost.isEmpty ? .nothing : .forgetOwners(lost)
        }
        let isAwaited = owners.contains { $0 == .waiting }
        return .delete(isAwaited && !graph.dependents(of: object.uid).isEmpty ? .foreground : .background)
    }

    private static func blocks(_ owner: String, _ dependent: JSONValue) -> Bool {
        dependent.ownerReferences.contains {
            $0["uid"]?.stringValue == owner && $0["blockOwnerDeletion"]?.boolValue == true
        }
    }

    private func owner(_ reference: JSONValue, of object: JSONValue) -> Owner {
        let resource = api.registry.resource(
            apiVersion: reference["apiVersion"]?.stringValue ?? "", kind: reference["kind"]?.stringValue ?? "")
        guard let resource else { return .unknown }
        // An owner that lives in a namespace cannot own what lives in none.
        if resource.isNamespaced, object.namespace.isEmpty { return .unknown }
        let key = resource.key(namespace: object.namespace, name: reference["name"]?.stringValue ?? "")
        guard let owner = api.store.object(key), owner.uid == reference["uid"]?.stringValue else { return .gone }
        return owner.isBeingDeleted && owner.finalizers.contains(DeletionRules.foreground) ? .waiting : .there
    }

    private func current(_ uid: String, _ graph: OwnerGraph) -> JSONValue? {
        guard let key = graph.key(of: uid), let object = api.store.object(key), object.uid == uid else { return nil }
        return object
    }

    // MARK: Acting

    private func carryOut(
        _ action: Action, on object: JSONValue, key: StorageKey, _ graph: OwnerGraph
    ) throws(StatusError) {
        guard let resource = api.registry.resource(apiVersion: object.apiVersion, kind: object.kind) else { return }
        switch action {
        case .nothing: break
        case .delete(let propagation):
            logger.debug("collecting", ["object": "\(key.bucket)/\(key.namespace)/\(key.name)"])
            _ = try api.delete(
                resource, namespace: key.namespace, name: key.name,
                options: ClusterDeleteOptions(
                    propagation: propagation, uid: object.uid, resourceVersion: object.resourceVersion),
                request: WriteRequest())
        case .forgetOwners(let uids): try forget(uids, in: object, resource)
        case .removeFinalizer(let finalizer): try remove(finalizer, from: object, resource)
        case .deleteDependents:
            for dependent in graph.dependents(of: object.uid).compactMap({ current($0, graph) })
            where !dependent.isBeingDeleted {
                guard let type = api.registry.resource(apiVersion: dependent.apiVersion, kind: dependent.kind) else {
                    continue
                }
                // One that another owner still holds is kept, it only forgets this one.
                let others = dependent.ownerReferences.filter {
                    $0["uid"]?.stringValue != object.uid && owner($0, of: dependent) == .there
                }
                if others.isEmpty {
                    let hasOwn = !graph.dependents(of: dependent.uid).isEmpty
                    _ = try api.delete(
                        type, namespace: dependent.namespace, name: dependent.name,
                        options: ClusterDeleteOptions(
                            propagation: hasOwn ? .foreground : .background, uid: dependent.uid),
                        request: WriteRequest())
                } else {
                    try forget([object.uid], in: dependent, type)
                }
            }
        case .orphanDependents:
            for dependent in graph.dependents(of: object.uid).compactMap({ current($0, graph) }) {
                guard let type = api.registry.resource(apiVersion: dependent.apiVersion, kind: dependent.kind) else {
                    continue
                }
                try forget([object.uid], in: dependent, type)
            }
            try remove(DeletionRules.orphan, from: object, resource)
        }
    }

    private func forget(_ uids: [String], in object: JSONValue, _ resource: ServedResource) throws(StatusError) {
        try change(object, resource) { object in
            let left = object.ownerReferences.filter { !uids.contains($0["uid"]?.stringValue ?? "") }
            object.setMeta("ownerReferences", left.isEmpty ? nil : .array(left))
        }
    }

    private func remove(_ finalizer: String, from object: JSONValue, _ resource: ServedResource) throws(StatusError) {
        try change(object, resource) { object in
            let left = object.finalizers.filter { $0 != finalizer }
            object.setMeta("finalizers", left.isEmpty ? nil : .array(left.map { .string($0) }))
        }
    }

    private func change(
        _ object: JSONValue, _ resource: ServedResource, _ body: (inout JSONValue) -> Void
    ) throws(StatusError) {
        _ = try api.update(resource, namespace: object.namespace, name: object.name, request: WriteRequest()) {
            (existing) throws(StatusError) -> ClusterAPI.Change in
            guard existing.uid == object.uid else { throw resource.conflict(object.name, "it is another object") }
            var changed = existing
            body(&changed)
            return ClusterAPI.Change(object: changed)
        }
    }
}
