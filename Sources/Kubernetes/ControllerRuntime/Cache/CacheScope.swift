// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// Which part of a collection a cache follows.
package struct CacheScope: Sendable, Hashable, CustomStringConvertible {
    /// Nil for all namespaces, and for cluster-scoped types.
    package var namespace: String?
    /// Which labels objects must have. Objects that lose them leave the cache.
    package var labelSelector: LabelSelector
    /// Which field values objects must have.
    package var fieldSelector: FieldSelector

    /// A part; the default is everything.
    package init(
        namespace: String? = nil, labelSelector: LabelSelector = .init(), fieldSelector: FieldSelector = .init()
    ) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }

    /// Where it is.
    package var description: String { namespace.map { "namespace \($0)" } ?? "all namespaces" }
}
