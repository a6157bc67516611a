// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime

/// Empties namespaces that are being deleted, then lets them go.
struct NamespaceController: Sendable {
    let api: ClusterAPI
    let logger: Logger

    /// Runs until the task is cancelled or the store closes.
    func run() async {
        var revision = api.store.revision
        var terminating = Set(
            api.store.objects(.namespaces).items.filter(\.isBeingDeleted).map(\.name))
        while !Task.isCancelled, !api.store.isClosed {
            for name in terminating where empty(name) { terminating.remove(name) }
            var found: Set<String> = []
            while found.isEmpty, !Task.isCancelled, !api.store.isClosed {
                switch api.store.history(of: nil, after: revision) {
                case .events(let events, let upTo):
                    revision = upTo
                    for event in events {
                        if event.key.bucket == .namespaces, event.object?.isBeingDeleted == true {
                            terminating.insert(event.key.name)
                            found.insert(event.key.name)
                        } else if terminating.contains(event.key.namespace) {
                            found.insert(event.key.namespace)
                        }
                    }
                    if events.isEmpty { await api.store.waitForChange(in: nil, after: revision) }
                case .expired, .future:
                    revision = api.store.revision
                    terminating = Set(
                        api.store.objects(.namespaces).items.filter(\.isBeingDeleted).map(\.name))
                    found = terminating
                    if found.isEmpty { await api.store.waitForChange(in: nil, after: revision) }
                }
            }
        }
    }

    /// Deletes what the namespace holds; true when nothing is left to do for it.
    private func empty(_ name: String) -> Bool {
        guard let namespace = api.store.object(StorageKey(bucket: .namespaces, namespace: "", name: name)),
            namespace.isBeingDeleted
        else { return true }
        do throws(StatusError) {
            var remaining: [(resource: ServedResource, objects: [JSONValue])] = []
            // Pods go before anything that they, or who ends them, may still need, such as the right to end them
            // (kubernetes.io/docs/concepts/overview/working-with-objects/namespaces, ordered since 1.33).
            let isPods = { (resource: ServedResource) in resource.bucket == .pods }
            let resources = api.registry.namespaced
            for resource in resources.filter(isPods) + resources.filter({ !isPods($0) }) {
                if !isPods(resource), remaining.contains(where: { isPods($0.resource) }) { break }
                let waiting = api.store.objects(resource.bucket, namespace: name).items
                if waiting.contains(where: { !$0.isBeingDeleted }) {
                    // What began to go is not asked again: a pod keeps the time that it was given.
                    for object in waiting where !object.isBeingDeleted { try delete(object, resource) }
                }
                let left = api.store.objects(resource.bucket, namespace: name).items
                if !left.isEmpty { remaining.append((resource, left)) }
            }
            try report(name, remaining)
            guard remaining.isEmpty else { return false }
            _ = try api.modify(.namespace, namespace: nil, name: name, subresource: "finalize") { namespace in
                let left = (namespace.at("spec", "finalizers")?.strings ?? []).filter { $0 != "kubernetes" }
                namespace.setValue(left.isEmpty ? nil : .array(left.map { .string($0) }), at: ["spec", "finalizers"])
            }
            logger.debug("namespace emptied", ["namespace": name])
            return true
        } catch {
            if error.isNotFound { return true }
            logger.warning("namespace cannot be emptied yet", ["namespace": name, "reason": error.message])
            return false
        }
    }

    private func delete(_ object: JSONValue, _ resource: ServedResource) throws(StatusError) {
        do {
            _ = try api.delete(
                resource, namespace: object.namespace, name: object.name,
                options: ClusterDeleteOptions(propagation: .background, uid: object.uid), request: WriteRequest())
        } catch {
            guard error.isNotFound || error.isConflict else { throw error }
        }
    }

    /// Says in the namespace's conditions what it waits for, as a real cluster does.
    private func report(
        _ name: String, _ remaining: [(resource: ServedResource, objects: [JSONValue])]
    ) throws(StatusError) {
        let time = api.now.description
        var finalizers: [String: Int] = [:]
        for finalizer in remaining.flatMap(\.objects).flatMap(\.finalizers) { finalizers[finalizer, default: 0] += 1 }
        let content = remaining.map { "\($0.resource.bucket) has \($0.objects.count) resource instances" }
        let held = finalizers.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value) resource instances" }
        func condition(_ type: String, _ isTrue: Bool, _ reason: (String, String), _ message: (String, String))
            -> JSONValue
        {
            [
                "type": .string(type), "status": isTrue ? "True" : "False", "lastTransitionTime": .string(time),
                "reason": .string(isTrue ? reason.0 : reason.1), "message": .string(isTrue ? message.0 : message.1),
            ]
        }
        let wanted: [JSONValue] = [
            condition(
                "NamespaceContentRemaining", !remaining.isEmpty, ("SomeResourcesRemain", "ContentRemoved"),
                ("Some resources are remaining: " + content.joined(separator: ", "), "All content successfully removed")
            ),
            condition(
                "NamespaceFinalizersRemaining", !held.isEmpty, ("SomeFinalizersRemain", "ContentHasNoFinalizers"),
                (
                    "Some content in the namespace has finalizers remaining: " + held.joined(separator: ", "),
                    "All content-preserving finalizers finished"
                )),
        ]
        _ = try api.modify(.namespace, namespace: nil, name: name, subresource: "status") { namespace in
            let old = namespace.at("status", "conditions")?.arrayValue ?? []
            let merged = wanted.map { condition -> JSONValue in
                guard let before = old.first(where: { $0["type"] == condition["type"] }),
                    before["status"] == condition["status"]
                else { return condition }
                var kept = condition
                kept["lastTransitionTime"] = before["lastTransitionTime"]
                return kept
            }
            namespace.setValue(.array(merged), at: ["status", "conditions"])
        }
    }
}
