// SPDX-License-Identifier: MIT

/// Who owns the fields that an apply sets.
package struct FieldManager: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package init(stringLiteral value: String) {
        name = value
    }

    /// The operator's own.
    package static let codexK8s: FieldManager = "codex-k8s"

    package var description: String { name }
}
