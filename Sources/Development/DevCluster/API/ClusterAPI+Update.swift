// SPDX-License-Identifier: MIT
import JSONCoding

extension ClusterAPI {
    /// What an update makes of the existing object.
    struct Change {
        var object: JSONValue
        /// Given by server-side apply, which decides itself who owns what.
        var managers: ManagedFields?
    }

    /// Reads, changes and writes an object in one transaction.
    ///
    /// - Parameter change: makes the wanted object from the existing one, which it sees in the resource's version.
    func update(
        _ resource: ServedResource, namespace: String?, name: String, request: WriteRequest,
        change: (JSONValue) throws(StatusError) -> Change
    ) throws(StatusError) -> JSONValue {
        let key = resource.key(namespace: namespace, name: name)
        let updated = try store.transaction(commit: !request.dryRun) { (transaction) throws(StatusError) -> JSONValue in
            guard let old = transaction.object(key) else { throw resource.notFound(name) }
            let wanted = try change(resource.present(old))
            let object = try identify(wanted.object, as: resource, namespace: namespace)
            return try finishUpdate(
                of: old, to: object, managers: wanted.managers, key: key, resource, request: request, in: &transaction)
        }
        return resource.present(updated)
    }

    func finishUpdate(
        of old: JSONValue, to wanted: JSONValue, managers: ManagedFields?, key: StorageKey, _ resource: ServedResource,
        request: WriteRequest, in transaction: inout StoreTransaction
    ) throws(StatusError) -> JSONValue {
        let name = key.name
        guard wanted.name == name else {
            throw .badRequest(
                "the name of the object (\(wanted.name)) does not match the name on the URL (\(name))")
        }
        if !wanted.resourceVersion.isEmpty, wanted.resourceVersion != old.resourceVersion {
            throw resource.conflict(
                name, "the object has been modified; please apply your changes to the latest version and try again")
        }
        if !wanted.uid.isEmpty, wanted.uid != old.uid {
            guard !request.isPatch else {
                throw resource.invalid(
                    name,
                    [
                        .init(
                            reason: "FieldValueInvalid",
                            message: "Invalid value: \"\(wanted.uid)\": field is immutable",
                            field: "metadata.uid")
                    ])
            }
            throw resource.conflict(
                name, "Precondition failed: UID in precondition: \(wanted.uid), UID in object meta: \(old.uid)")
        }
        var new = combine(old: old, wanted: wanted, resource, subresource: request.subresource)
        try normalize(&new, old: old, as: resource, request: request)
        if old.isBeingDeleted, request.subresource == nil {
            let added = Set(new.finalizers).subtracting(old.finalizers)
            guard added.isEmpty else {
                throw resource.invalid(
                    name,
                    [
                        .forbidden(
                            "metadata.finalizers",
                            "no new finalizers can be added if the object is being deleted, found new finalizers "
                                + "[]string{\(added.sorted().map { "\"\($0)\"" }.joined(separator: ", "))}")
                    ])
            }
        }
        if resource.hasGeneration {
            let counted = Self.specification(of: new, resource) != Self.specification(of: old, resource)
            new.setMeta("generation", .integer(old.generation + (counted ? 1 : 0)))
        }
        var managed = managers ?? Self.managers(wanted, old: old, subresource: request.subresource)
        // A record that was cleared stays so until somebody applies.
        if managers == nil, !managed.entries.isEmpty {
            managed.recordUpdate(from: old, to: new, by: writer(request, resource), shape: resource.shape)
        }
        let withoutManagers = Self.withoutManagedFields(new)
        let unchanged = withoutManagers == Self.withoutManagedFields(old)
        if unchanged, Self.sameOwners(managed, ManagedFields(of: old)) { return old }
        new.setMeta("managedFields", managed.json)
        try admit(
            AdmissionAttributes(
                operation: .update, resource: resource, subresource: request.subresource ?? "",
                namespace: key.namespace, name: name, user: request.user, object: resource.present(new),
                oldObject: resource.present(old), dryRun: request.dryRun), in: transaction)
        var stored = transaction.put(new, at: key)
        if DeletionRules.isFinished(stored, resource: resource) { transaction.remove(key) }
        // A dry run writes nothing, so the version is still the one that is there.
        if request.dryRun { stored.setMeta("resourceVersion", old.meta("resourceVersion")) }
        return stored
    }

    /// The existing object with what this endpoint may write.
    private func combine(
        old: JSONValue, wanted: JSONValue, _ resource: ServedResource, subresource: String?
    ) -> JSONValue {
        switch subresource {
        case "status":
            var new = old
            new["status"] = wanted["status"]
            return new
        case "finalize":
            var new = old
            new.setValue(wanted.at("spec", "finalizers"), at: ["spec", "finalizers"])
            return new
        default:
            var new = wanted
            for field in [
                "uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp",
                "deletionGracePeriodSeconds", "managedFields",
            ] {
                new.setMeta(field, old.meta(field))
            }
            if resource.hasStatus { new["status"] = old["status"] }
            BuiltInRules.prepareForUpdate(&new, old: old, resource: resource)
            return new
        }
    }

    /// What a change of means a new generation.
    private static func specification(of object: JSONValue, _ resource: ServedResource) -> JSONValue {
        var copy = object
        copy["metadata"] = nil
        if resource.hasStatus { copy["status"] = nil }
        return copy
    }

    /// The record of fields to go on with: a client may write it, which is how kubectl hands fields from client-side to
    /// server-side apply; an empty list or one empty entry clears it, and none at all leaves it as it was.
    private static func managers(_ wanted: JSONValue, old: JSONValue, subresource: String?) -> ManagedFields {
        guard subresource == nil, let entries = wanted.meta("managedFields")?.arrayValue else {
            return ManagedFields(of: old)
        }
        return entries.isEmpty || entries == [[:]] ? ManagedFields(of: [:]) : ManagedFields(of: wanted)
    }

    private static func withoutManagedFields(_ object: JSONValue) -> JSONValue {
        var copy = object
        copy.setMeta("managedFields", nil)
        return copy
    }

    private static func sameOwners(_ left: ManagedFields, _ right: ManagedFields) -> Bool {
        left.entries.count == right.entries.count
            && left.entries.allSatisfy { entry in
                right.entries.contains { $0.isSameWriter(as: entry) && $0.fields == entry.fields }
            }
    }
}
