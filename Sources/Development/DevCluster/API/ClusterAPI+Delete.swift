// SPDX-License-Identifier: MIT
import JSONCoding

extension ClusterAPI {
    /// What became of an object that was to be deleted.
    enum Deletion: Sendable {
        /// Gone at once; its last state.
        case removed(JSONValue)
        /// Still there, waiting for its finalizers or for its end.
        case pending(JSONValue)

        var object: JSONValue {
            switch self {
            case .removed(let object), .pending(let object): object
            }
        }
    }

    /// Deletes an object, or begins to.
    func delete(
        _ resource: ServedResource, namespace: String?, name: String, options: ClusterDeleteOptions,
        request: WriteRequest
    ) throws(StatusError) -> Deletion {
        try store.transaction(commit: !request.dryRun) { (transaction) throws(StatusError) -> Deletion in
            let key = resource.key(namespace: namespace, name: name)
            guard let object = transaction.object(key) else { throw resource.notFound(name) }
            return try delete(object, key: key, resource, options: options, request: request, in: &transaction)
        }
    }

    /// Deletes every object that the filter accepts, in one transaction.
    func deleteCollection(
        _ resource: ServedResource, namespace: String?, filter: ObjectFilter, options: ClusterDeleteOptions,
        request: WriteRequest
    ) throws(StatusError) -> [JSONValue] {
        try store.transaction(commit: !request.dryRun) { (transaction) throws(StatusError) -> [JSONValue] in
            var deleted: [JSONValue] = []
            for object in transaction.objects(resource.bucket, namespace: namespace) where filter.matches(object) {
                let key = resource.key(namespace: object.namespace, name: object.name)
                deleted.append(
                    try delete(object, key: key, resource, options: options, request: request, in: &transaction)
                        .object)
            }
            return deleted
        }
    }

    private func delete(
        _ object: JSONValue, key: StorageKey, _ resource: ServedResource, options: ClusterDeleteOptions,
        request: WriteRequest, in transaction: inout StoreTransaction
    ) throws(StatusError) -> Deletion {
        let name = key.name
        if let uid = options.uid, uid != object.uid {
            throw resource.conflict(
                name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
        }
        if let version = options.resourceVersion, version != object.resourceVersion {
            throw resource.conflict(
                name,
                "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: "
                    + object.resourceVersion)
        }
        if resource.bucket == .namespaces, DeletionRules.protectedNamespaces.contains(name) {
            throw resource.forbidden(name, "this namespace may not be deleted")
        }
        try admit(
            AdmissionAttributes(
                operation: .delete, resource: resource, subresource: "", namespace: key.namespace, name: name,
                user: request.user, object: nil, oldObject: resource.present(object), dryRun: request.dryRun),
            in: transaction)
        var marked = object
        let finalizers = DeletionRules.finalizers(of: object, propagation: options.propagation)
        marked.setMeta("finalizers", finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) }))
        let grace = DeletionRules.gracePeriod(of: object, asked: options.gracePeriodSeconds, resource: resource)
        let deadline = now.adding(.seconds(grace))
        if !object.isBeingDeleted {
            marked.setMeta("deletionTimestamp", .string(deadline.description))
            marked.setMeta("deletionGracePeriodSeconds", .integer(Int64(grace)))
            if resource.hasGeneration { marked.setMeta("generation", .integer(object.generation + 1)) }
        } else if let current = object.meta("deletionGracePeriodSeconds")?.integerValue, Int64(grace) < current {
            // A deletion can only be hurried, never slowed down.
            marked.setMeta("deletionTimestamp", .string(deadline.description))
            marked.setMeta("deletionGracePeriodSeconds", .integer(Int64(grace)))
        }
        if resource.bucket == .namespaces { marked.setValue("Terminating", at: ["status", "phase"]) }
        if DeletionRules.isFinished(marked, resource: resource) {
            transaction.remove(key)
            return .removed(resource.present(marked))
        }
        guard marked != object else { return .pending(resource.present(object)) }
        return .pending(resource.present(transaction.put(marked, at: key)))
    }
}

/// When and how objects go.
enum DeletionRules {
    static let foreground = "foregroundDeletion"
    static let orphan = "orphan"
    static let protectedNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

    /// The finalizers that an object has once it is asked to go: what becomes of its dependents is one of them.
    static func finalizers(of object: JSONValue, propagation: ClusterDeleteOptions.Propagation?) -> [String] {
        var finalizers = object.finalizers
        guard let propagation else { return finalizers }
        finalizers.removeAll { $0 == foreground || $0 == orphan }
        switch propagation {
        case .background: break
        case .foreground: finalizers.append(foreground)
        case .orphan: finalizers.append(orphan)
        }
        return finalizers
    }

    /// Seconds until the object goes. Only a pod that runs somewhere is given time.
    static func gracePeriod(of object: JSONValue, asked: Int?, resource: ServedResource) -> Int {
        guard resource.bucket == .pods else { return 0 }
        let phase = object.at("status", "phase")?.stringValue ?? ""
        let isAssigned = !(object.at("spec", "nodeName")?.stringValue ?? "").isEmpty
        if !isAssigned || phase == "Succeeded" || phase == "Failed" { return 0 }
        let own = object.at("spec", "terminationGracePeriodSeconds")?.integerValue ?? 30
        return max(0, asked ?? Int(own))
    }

    /// Whether nothing holds an object that was asked to go.
    static func isFinished(_ object: JSONValue, resource: ServedResource) -> Bool {
        guard object.isBeingDeleted, object.finalizers.isEmpty else { return false }
        if resource.bucket == .namespaces, !(object.at("spec", "finalizers")?.strings ?? []).isEmpty { return false }
        return (object.meta("deletionGracePeriodSeconds")?.integerValue ?? 0) == 0
    }
}
