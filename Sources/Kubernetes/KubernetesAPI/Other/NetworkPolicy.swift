// SPDX-License-Identifier: MIT
package import JSONCoding

/// A network policy; the spec is kept whole as JSON.
package struct NetworkPolicy: Resource, Hashable {
    package static let resourceType = ResourceType.networkPolicy

    @Omittable package var metadata: ObjectMeta
    package var spec: JSONValue?

    package init(metadata: ObjectMeta, spec: JSONValue? = nil) {
        self.metadata = metadata
        self.spec = spec
    }
}
