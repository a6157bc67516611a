// SPDX-License-Identifier: MIT

/// A custom resource definition as far as clients read it: what it is called and whether it is served.
package struct CustomResourceDefinition: Resource, Hashable {
    /// The type on the server.
    package static let resourceType = ResourceType.customResourceDefinition

    /// Name, labels, owners and the like.
    @Omittable package var metadata: ObjectMeta
    /// The part of the spec that is read.
    package var spec: CustomResourceDefinitionSpec
    /// Whether it is served.
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

/// The part of a definition's spec that is read.
package struct CustomResourceDefinitionSpec: Codable, Sendable, Hashable {
    /// The API group.
    package var group: String
    /// `Namespaced` or `Cluster`.
    package var scope: String
    /// What the type is called.
    package var names: CustomResourceDefinitionNames
    /// Its versions.
    @Omittable package var versions: [CustomResourceDefinitionVersion]
}

/// What a type is called.
package struct CustomResourceDefinitionNames: Codable, Sendable, Hashable {
    /// In objects.
    package var kind: String
    /// In URLs.
    package var plural: String
    /// On the command line.
    package var singular: String?
    /// In lists.
    package var listKind: String?
    /// On the command line, for the impatient.
    @Omittable package var shortNames: [String]
    /// Groups of types that kubectl lists together.
    @Omittable package var categories: [String]
}

/// One version of a type.
package struct CustomResourceDefinitionVersion: Codable, Sendable, Hashable {
    /// As in `v1alpha1`.
    package var name: String
    /// Whether clients can use it.
    package var served: Bool
    /// Whether objects are kept in it; true for exactly one.
    package var storage: Bool
}

/// What the server says about a definition.
package struct CustomResourceDefinitionStatus: Codable, Sendable, Hashable, EmptyRepresentable {
    /// `Established`, `NamesAccepted`, `NonStructuralSchema` and others.
    @Omittable package var conditions: [Condition] = []
    /// The empty value.
    package init() {}
}
