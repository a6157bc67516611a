// SPDX-License-Identifier: MIT

/// Which collection of an API server an object lives in.
package struct ResourceType: Sendable, Hashable, CustomStringConvertible {
    /// The API group; empty for the core group.
    package let group: String
    /// The version in the group.
    package let version: String
    /// The kind in objects.
    package let kind: String
    /// The collection's name in URLs.
    package let plural: String
    /// Whether objects are in namespaces.
    package let isNamespaced: Bool

    /// A type of its parts.
    package init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    /// What `apiVersion` says in objects of this type: `v1`, `batch/v1`.
    package var apiVersion: String {
        group.isEmpty ? version : "\(group)/\(version)"
    }

    /// `jobs.batch`, `pods`: the name that kubectl and RBAC errors use.
    package var qualifiedName: String {
        group.isEmpty ? plural : "\(plural).\(group)"
    }

    /// The qualified name.
    package var description: String { qualifiedName }

    /// Whether an object of this `apiVersion` and `kind` belongs to this type, whatever the version in the group.
    package func isSameKind(apiVersion: String, kind: String) -> Bool {
        let other = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        let otherGroup = other.count == 2 ? String(other[0]) : ""
        return otherGroup == group && kind == self.kind
    }
}
