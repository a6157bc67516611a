// SPDX-License-Identifier: MIT
import JSONCoding

/// A patch and how it is meant.
enum ObjectPatch: Sendable {
    /// RFC 7386.
    case merge(JSONValue)
    /// RFC 6902.
    case json(JSONPatch)
    /// Kubernetes' own, for built-in kinds.
    case strategic(JSONValue)
    /// Server-side apply.
    case apply(JSONValue, force: Bool)
}

extension ClusterAPI {
    /// Patches an object; apply makes it when it is missing.
    ///
    /// - Returns: the object, and whether it was made.
    func patch(
        _ resource: ServedResource, namespace: String?, name: String, patch: ObjectPatch, request: WriteRequest
    ) throws(StatusError) -> (object: JSONValue, created: Bool) {
        if case .apply(let configuration, let force) = patch {
            return try apply(
                resource, namespace: namespace, name: name, configuration: configuration, force: force,
                request: request)
        }
        var request = request
        request.isPatch = true
        let updated = try update(resource, namespace: namespace, name: name, request: request) {
            (existing) throws(StatusError) -> Change in
            Change(object: try Self.patched(existing, patch, resource))
        }
        return (updated, false)
    }

    private static func patched(
        _ existing: JSONValue, _ patch: ObjectPatch, _ resource: ServedResource
    ) throws(StatusError) -> JSONValue {
        switch patch {
        case .merge(let change):
            guard change.objectValue != nil else { throw .badRequest("a merge patch must be an object") }
            return MergePatch.apply(change, to: existing)
        case .json(let operations):
            do {
                return try operations.apply(to: existing)
            } catch {
                throw .rejectedPatch("\(error)")
            }
        case .strategic(let change):
            guard resource.custom == nil else {
                throw .unsupportedMediaType(
                    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
            }
            guard change.objectValue != nil else { throw .badRequest("a strategic merge patch must be an object") }
            return StrategicMergePatch.apply(change, to: existing, shape: resource.shape)
        case .apply: return existing
        }
    }

    private func apply(
        _ resource: ServedResource, namespace: String?, name: String, configuration: JSONValue, force: Bool,
        request: WriteRequest
    ) throws(StatusError) -> (object: JSONValue, created: Bool) {
        guard configuration.objectValue != nil else { throw .badRequest("the applied configuration is no object") }
        guard configuration.meta("managedFields")?.arrayValue?.isEmpty ?? true else {
            throw .badRequest("metadata.managedFields must be nil")
        }
        guard !configuration.kind.isEmpty, !configuration.apiVersion.isEmpty else {
            throw .badRequest("the applied configuration must have apiVersion and kind")
        }
        guard configuration.name.isEmpty || configuration.name == name else {
            throw .badRequest("name in URL does not match name in the applied configuration")
        }
        var request = request
        request.isApply = true
        request.isPatch = true
        var named = configuration
        named.setMeta("name", .string(name))
        let wanted = try identify(named, as: resource, namespace: namespace)
        let key = resource.key(namespace: namespace, name: name)
        return try store.transaction(commit: !request.dryRun) {
            (transaction) throws(StatusError) -> (object: JSONValue, created: Bool) in
            let live = transaction.object(key)
            if live == nil {
                guard request.subresource == nil else { throw resource.notFound(name) }
                if !wanted.uid.isEmpty {
                    // Somebody who knows the uid means an object that is gone, not a new one.
                    throw resource.conflict(
                        name,
                        "uid mismatch: the provided object specified uid \(wanted.uid), and no existing object was "
                            + "found"
                    )
                }
            }
            let (object, managers) = try merge(
                wanted, into: live, resource: resource, force: force, request: request)
            if let live {
                let stored = try finishUpdate(
                    of: live, to: object, managers: managers, key: key, resource, request: request, in: &transaction)
                return (resource.present(stored), false)
            }
            var created = try create(object, resource, request: request, managers: managers, in: &transaction)
            if request.dryRun { created.setMeta("resourceVersion", nil) }
            return (resource.present(created), true)
        }
    }

    /// The object that the configuration makes of what is there, and who owns its fields then.
    private func merge(
        _ configuration: JSONValue, into live: JSONValue?, resource: ServedResource, force: Bool,
        request: WriteRequest
    ) throws(StatusError) -> (object: JSONValue, managers: ManagedFields) {
        // An endpoint owns only what it writes.
        var owned = configuration
        if request.subresource == "status" {
            owned = .object(
                JSONObject(
                    (configuration.objectValue ?? [:]).filter { ["apiVersion", "kind", "status"].contains($0.key) }
                        .map { ($0.key, $0.value) }))
            owned.setMeta("name", .string(configuration.name))
            if !configuration.namespace.isEmpty { owned.setMeta("namespace", .string(configuration.namespace)) }
        } else if resource.hasStatus {
            owned["status"] = nil
        }
        for field in ["uid", "resourceVersion"] { owned.setMeta(field, configuration.meta(field)) }
        if resource.kind == "Secret", owned["stringData"] != nil {
            ObjectDefaults.apply(to: &owned, kind: "Secret", group: "")
        }
        // What the type does not have cannot be owned: an apply of it is refused, however lenient the client is.
        let unknown: [String]
        if let custom = resource.custom {
            let pruned = custom.rules.prune(owned)
            unknown = UnknownFields.between(owned, pruned)
            owned = pruned
        } else if let definition = BuiltInTypes.definition(group: resource.group, kind: resource.kind),
            resource.bucket != .events
        {
            let decoded = try BuiltInDecoder.decode(
                owned, as: definition, kind: resource.kind, version: resource.version)
            unknown = decoded.unknown
            owned = decoded.object
        } else {
            unknown = []
        }
        if let first = unknown.first {
            throw StatusError(
                code: 500, reason: "",
                message: "failed to create typed patch object (\(configuration.namespace)/\(configuration.name); "
                    + "\(resource.apiVersion.contains("/") ? "" : "/")\(resource.apiVersion), Kind=\(resource.kind)): "
                    + ".\(first): field not declared in schema")
        }
        var managers = ManagedFields(of: live ?? [:])
        if let live, managers.entries.isEmpty {
            // What is there without a record belongs to whoever was there before the first apply.
            var former = writer(request, resource)
            former.manager = "before-first-apply"
            managers.recordUpdate(from: nil, to: live, by: former, shape: resource.shape)
        }
        let result = managers.apply(
            owned, to: live, by: writer(request, resource), force: force, shape: resource.shape)
        guard let applied = result.applied else {
            throw Self.conflict(result.conflicts)
        }
        return (applied.object, applied.managers)
    }
    /// The refusal that names every contested field and its manager, as kubectl's users know it.
    private static func conflict(_ conflicts: [ManagedFields.Conflict]) -> StatusError {
        func manager(_ conflict: ManagedFields.Conflict) -> String {
            let subresource = conflict.subresource.isEmpty ? "" : " with subresource \"\(conflict.subresource)\""
            let using = conflict.operation == "Update" ? " using \(conflict.apiVersion)" : ""
            return "\"\(conflict.manager)\"" + subresource + using
        }
        let causes = conflicts.flatMap { conflict in
            conflict.paths.map {
                StatusError.Cause(
                    reason: "FieldManagerConflict", message: "conflict with \(manager(conflict))", field: $0)
            }
        }
        var message = "Apply failed with \(causes.count) conflict"
        if causes.count == 1, let only = causes.first {
            message += ": \(only.message): \(only.field ?? "")"
        } else {
            let lists = conflicts.map { conflict in
                "conflicts with \(manager(conflict)):" + conflict.paths.map { "\n- \($0)" }.joined()
            }
            message += "s: " + lists.joined(separator: "\n")
        }
        return StatusError(code: 409, reason: "Conflict", message: message, causes: causes)
    }
}
