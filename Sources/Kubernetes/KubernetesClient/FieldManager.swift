// SPDX-License-Identifier: MIT

/// Who owns the fields that an apply sets.
package struct FieldManager: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name that the server records.
    package let name: String

    /// A manager of this name.
    package init(_ name: String) {
        self.name = name
    }

    /// A manager of this name.
    package init(stringLiteral value: String) {
        name = value
    }

    /// The operator's own.
    package static let codexK8s: FieldManager = "codex-k8s"

    /// The name.
    package var description: String { name }
}
