// SPDX-License-Identifier: MIT

/// The part of the language that expressions may use where they are loaded.
///
/// The embedded cluster evaluates exactly what the product's own definitions and policies use, because that is what is
/// compared with a real API server. A rule with anything else is refused when it is loaded, instead of being evaluated
/// in a way that nobody has compared.
package struct CELSubset: Sendable, Equatable {
    /// Functions and operators by name (`_+_` is the operator `+`), macros, and `?` for optional selection; nil for all
    /// that is implemented.
    package let features: Set<String>?

    /// A part of the language.
    package init(features: Set<String>?) { self.features = features }

    /// What `crds/` and `manifests/` use: a test compares the two.
    package static let product = CELSubset(
        features: [
            "size", "startsWith", "contains", "duration", "has", "all", "filter", "_==_", "_!=_", "_&&_", "_||_", "!_",
            "_+_", "_>_", "_>=_", "_<=_", "_?_:_", "_[_]", "@in",
        ])

    /// Everything that is implemented, for tests of the language itself.
    package static let everything = CELSubset(features: nil)

    /// Whether expressions may use something.
    func allows(_ feature: String) -> Bool { features?.contains(feature) ?? true }
}
