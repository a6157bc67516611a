// SPDX-License-Identifier: MIT

/// A custom resource definition as far as clients read it: what it is called and whether it is served.
package struct CustomResourceDefinition: Resource, Hashable {
    package static let resourceType = ResourceType.customResourceDefinition

    @Omittable package var metadata: ObjectMeta
    package var spec: CustomResourceDefinitionSpec
    @Omittable package var status: CustomResourceDefinitionStatus

    /// Whether the API server serves the resource.
    package var isEstablished: Bool {
        status.conditions.isTrue("Established") && status.conditions.isTrue("NamesAccepted")
    }

    /// The served type of the storage version, or of the first served one.
    package var servedType: ResourceType? {
        let version = spec.versions.first { $0.served && $0.storage } ?? spec.versions.first { $0.served }
        guard let version else { return nil }
        return ResourceType(
            group: spec.group, version: version.name, kind: spec.names.kind, plural: spec.names.plural,
            isNamespaced: spec.scope == "Namespaced")
    }
}

package struct CustomResourceDefinitionSpec: Codable, Sendable, Hashable {
    package var group: String
    package var scope: String
    package var names: CustomResourceDefinitionNames
    @Omittable package var versions: [CustomResourceDefinitionVersion]
}

package struct CustomResourceDefinitionNames: Codable, Sendable, Hashable {
    package var kind: String
    package var plural: String
    package var singular: String?
    package var listKind: String?
    @Omittable package var shortNames: [String]
    @Omittable package var categories: [String]
}

package struct CustomResourceDefinitionVersion: Codable, Sendable, Hashable {
    package var name: String
    package var served: Bool
    package var storage: Bool
}

package struct CustomResourceDefinitionStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    @Omittable package var conditions: [Condition] = []
    package init() {}
}
