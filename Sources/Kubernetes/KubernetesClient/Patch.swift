// SPDX-License-Identifier: MIT
package import JSONCoding

/// A change of an object, in one of the four forms that API servers read.
package enum Patch: Sendable {
    /// RFC 7396: members replace, null removes, lists are replaced whole.
    case merge(JSONValue)
    /// RFC 6902: operations, all or none; `test` guards against races.
    case json(JSONPatch)
    /// Merges lists of built-in types by their keys; custom resources refuse it.
    case strategicMerge(JSONValue)
    /// Server-side apply: the fields that the manager wants to own.
    case apply(JSONValue, manager: FieldManager, force: Bool = false)

    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .json: "application/json-patch+json"
        case .strategicMerge: "application/strategic-merge-patch+json"
        case .apply: "application/apply-patch+yaml"
        }
    }

    var body: JSONValue {
        switch self {
        case .merge(let value), .strategicMerge(let value), .apply(let value, _, _): value
        case .json(let patch): patch.json
        }
    }

    /// Takes a finalizer off by its index, and only if it is still there: a merge patch would replace the whole list
    /// and could remove or bring back those of others.
    ///
    /// Nil when the object does not have it.
    package static func removingFinalizer(_ name: String, from finalizers: [String]) -> Patch? {
        guard let index = finalizers.firstIndex(of: name) else { return nil }
        let path = JSONPointer(tokens: ["metadata", "finalizers", String(index)])
        return .json(JSONPatch([.test(path, .string(name)), .remove(path)]))
    }

    /// Adds a finalizer to those that an object has, unless it is there.
    ///
    /// Guarded by the list alone, so that it may be sent beside a write of the status. A missing list is tested against
    /// null, which API servers take for equal.
    package static func addingFinalizer(_ name: String, to finalizers: [String]) -> Patch? {
        guard !finalizers.contains(name) else { return nil }
        let list = JSONPointer(tokens: ["metadata", "finalizers"])
        guard !finalizers.isEmpty else { return .json(JSONPatch([.test(list, .null), .add(list, [.string(name)])])) }
        let end = JSONPointer(tokens: ["metadata", "finalizers", "-"])
        return .json(JSONPatch([.test(list, .array(finalizers.map { .string($0) })), .add(end, .string(name))]))
    }

    /// Adds a finalizer, provided that the list has not changed since it was read.
    ///
    /// Nil when the object has it already.
    package static func addingFinalizer(_ name: String, to metadata: (finalizers: [String], version: String)) -> Patch?
    {
        guard !metadata.finalizers.contains(name) else { return nil }
        let version = JSONPointer(tokens: ["metadata", "resourceVersion"])
        let list = JSONPointer(tokens: ["metadata", "finalizers"])
        let all = JSONValue.array((metadata.finalizers + [name]).map { .string($0) })
        return .json(JSONPatch([.test(version, .string(metadata.version)), .add(list, all)]))
    }
}
