// SPDX-License-Identifier: MIT
package import JSONCoding

/// A network policy; the spec is kept whole as JSON.
package struct NetworkPolicy: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.networkPolicy

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The spec, whole.
    package var spec: JSONValue?

    /// An object of these parts, to be created or for a test.
    package init(metadata: ObjectMeta, spec: JSONValue? = nil) {
        self.metadata = metadata
        self.spec = spec
    }
}
