// SPDX-License-Identifier: MIT

/// What names an object within its type.
package struct ObjectKey: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Nil for cluster-scoped objects.
    package var namespace: String?
    /// The object's name.
    package var name: String

    /// A key of its parts.
    package init(namespace: String?, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// Reads `namespace/name` or `name`.
    package init(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            self.init(namespace: String(parts[0]), name: String(parts[1]))
        } else {
            self.init(namespace: nil, name: text)
        }
    }

    /// `namespace/name`, or the name alone.
    package var description: String {
        if let namespace { "\(namespace)/\(name)" } else { name }
    }

    /// By namespace, then by name.
    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
    }
}
