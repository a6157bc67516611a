// SPDX-License-Identifier: MIT
import JSONCoding

/// Who set which fields, `metadata.managedFields`.
struct ManagedFields: Sendable {
    /// One manager's fields.
    struct Entry: Sendable {
        var manager: String
        /// `Apply` or `Update`.
        var operation: String
        var apiVersion: String
        var subresource: String
        var time: String
        var fields: FieldSet

        func isSameWriter(as other: Entry) -> Bool {
            manager == other.manager && operation == other.operation && subresource == other.subresource
                && apiVersion == other.apiVersion
        }
    }

    /// Who writes: the identity under which fields are recorded.
    struct Writer: Sendable {
        var manager: String
        var apiVersion: String
        var subresource: String
        var time: String
    }

    var entries: [Entry]

    /// Reads what an object says.
    init(of object: JSONValue) {
        entries = (object.meta("managedFields")?.arrayValue ?? []).map { entry in
            Entry(
                manager: entry["manager"]?.stringValue ?? "", operation: entry["operation"]?.stringValue ?? "Update",
                apiVersion: entry["apiVersion"]?.stringValue ?? "",
                subresource: entry["subresource"]?.stringValue ?? "", time: entry["time"]?.stringValue ?? "",
                fields: FieldSet(fieldsV1: entry["fieldsV1"] ?? [:]))
        }
    }

    /// The member of `metadata`; nil when nobody manages anything.
    var json: JSONValue? {
        guard !entries.isEmpty else { return nil }
        return .array(
            entries.map { entry in
                var object: JSONObject = [
                    "manager": .string(entry.manager), "operation": .string(entry.operation),
                    "apiVersion": .string(entry.apiVersion), "time": .string(entry.time), "fieldsType": "FieldsV1",
                    "fieldsV1": entry.fields.fieldsV1,
                ]
                if !entry.subresource.isEmpty { object["subresource"] = .string(entry.subresource) }
                return .object(object)
            })
    }

    /// Fields that nobody manages: they are the server's.
    static func withoutSystemFields(_ set: FieldSet) -> FieldSet {
        var set = set
        set.isMember = false  // nobody owns the object itself
        set.remove(["apiVersion"])
        set.remove(["kind"])
        for name in [
            "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
            "deletionGracePeriodSeconds", "selfLink", "managedFields", "generateName",
        ] {
            set.remove(["metadata", name])
        }
        if var metadata = set.children[.field("metadata")] {
            metadata.isMember = false
            set.children[.field("metadata")] = metadata.isEmpty ? nil : metadata
        }
        return set
    }

    /// Records a create, update or patch: what changed is now the writer's, and nobody else's.
    mutating func recordUpdate(from old: JSONValue?, to new: JSONValue, by writer: Writer, shape: MergeShape) {
        let comparison = FieldComparison(from: old ?? .object([:]), to: new, shape: shape)
        let changed = Self.withoutSystemFields(comparison.changed)
        let removed = Self.withoutSystemFields(comparison.removed)
        guard !changed.isEmpty || !removed.isEmpty else { return }
        let lost = comparison.modified.union(comparison.removed)
        var mine = Entry(
            manager: writer.manager, operation: "Update", apiVersion: writer.apiVersion,
            subresource: writer.subresource, time: writer.time, fields: FieldSet())
        for index in entries.indices {
            if entries[index].isSameWriter(as: mine) {
                mine.fields = entries[index].fields
            } else {
                entries[index].fields = entries[index].fields.subtracting(lost)
            }
        }
        mine.fields = mine.fields.union(changed).subtracting(removed)
        replace(mine)
    }

    /// The result of an apply: the merged object and the new managers.
    struct Applied {
        var object: JSONValue
        var managers: ManagedFields
    }

    /// A field that somebody else owns with another value.
    struct Conflict: Sendable, Equatable {
        var manager: String
        var operation: String
        var apiVersion: String
        var subresource: String = ""
        var paths: [String]
    }

    /// Merges an applied configuration: sets its fields, takes away what this manager applied before and leaves out
    /// now.
    ///
    /// - Returns: the merged object, or the conflicts when others own fields that would change and `force` is false.
    func apply(
        _ configuration: JSONValue, to live: JSONValue?, by writer: Writer, force: Bool, shape: MergeShape
    ) -> (applied: Applied?, conflicts: [Conflict]) {
        var mine = Entry(
            manager: writer.manager, operation: "Apply", apiVersion: writer.apiVersion,
            subresource: writer.subresource, time: writer.time, fields: FieldSet())
        mine.fields = Self.withoutSystemFields(FieldSet(of: configuration, shape: shape))
        let before = entries.first { $0.isSameWriter(as: mine) }
        let merged = StructuralMerge.merge(configuration, into: live, shape: shape)
        let changed = FieldComparison(from: live ?? .object([:]), to: merged, shape: shape).changed
        var result = self
        var conflicts: [Conflict] = []
        var others = FieldSet()
        for index in result.entries.indices where !result.entries[index].isSameWriter(as: mine) {
            let contested = result.entries[index].fields.intersection(changed)
            if !contested.isEmpty {
                conflicts.append(
                    Conflict(
                        manager: entries[index].manager, operation: entries[index].operation,
                        apiVersion: entries[index].apiVersion,
                        subresource: entries[index].subresource, paths: contested.paths))
                result.entries[index].fields = result.entries[index].fields.subtracting(contested)
            }
            others = others.union(result.entries[index].fields)
        }
        if !conflicts.isEmpty, !force { return (nil, conflicts) }
        var object = merged
        if let before {
            let gone = before.fields.subtracting(mine.fields)
            if !gone.isEmpty {
                object =
                    StructuralMerge.removing(gone, kept: others.union(mine.fields), from: merged, shape: shape)
                    ?? .object([:])
            }
            // The same fields with the same values: the entry keeps its time, so that nothing is written.
            if before.fields == mine.fields { mine.time = before.time }
        }
        result.replace(mine)
        return (Applied(object: object, managers: result), [])
    }

    private mutating func replace(_ entry: Entry) {
        if let index = entries.firstIndex(where: { $0.isSameWriter(as: entry) }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
        entries.removeAll { $0.fields.isEmpty }
        // The order of Kubernetes: what is applied first, then by time and name.
        entries.sort { ($0.operation, $0.time, $0.manager) < ($1.operation, $1.time, $1.manager) }
    }
}
