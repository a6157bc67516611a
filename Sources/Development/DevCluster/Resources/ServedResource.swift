// SPDX-License-Identifier: MIT
import JSONCoding
package import KubernetesAPI

/// A resource that the server serves in one version: what discovery says, where its objects lie, and which rules hold.
package struct ServedResource: Sendable {
    /// How names of objects are checked.
    enum NameRule: Sendable {
        /// RFC 1123 subdomain, at most 253 characters: the usual rule.
        case subdomain
        /// RFC 1123 label, at most 63 characters: namespaces, and what becomes a host name.
        case label
        /// RFC 1035 label: services.
        case serviceLabel
        /// Anything that can stand between two slashes: roles and bindings.
        case pathSegment
    }

    /// Group, version, kind, plural, scope.
    package let type: ResourceType
    let singular: String
    let shortNames: [String]
    let categories: [String]
    /// Status, scale, log, … that are served.
    let subresources: Set<String>
    let verbs: [String]
    let nameRule: NameRule
    /// Where the objects lie, which other groups may share (events).
    let bucket: StorageBucket
    /// apiVersion of stored objects.
    let storedAPIVersion: String
    /// Whether `metadata.generation` is kept.
    let hasGeneration: Bool
    /// The custom resource definition, with its schema and rules; nil for what is built in.
    let custom: CustomResource?

    var group: String { type.group }
    var version: String { type.version }
    var kind: String { type.kind }
    var plural: String { type.plural }
    var apiVersion: String { type.apiVersion }
    var isNamespaced: Bool { type.isNamespaced }
    var hasStatus: Bool { subresources.contains("status") }

    /// Whether a replacement must say which version it replaces.
    var needsVersionToUpdate: Bool { custom != nil || kind == "Lease" || kind == "CustomResourceDefinition" }

    static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    init(
        group: String, version: String, kind: String, plural: String, singular: String? = nil, namespaced: Bool,
        shortNames: [String] = [], categories: [String] = [], subresources: Set<String> = [],
        verbs: [String] = ServedResource.allVerbs, nameRule: NameRule = .subdomain, hasGeneration: Bool = false,
        bucket: StorageBucket? = nil, storedAPIVersion: String? = nil, custom: CustomResource? = nil
    ) {
        type = ResourceType(group: group, version: version, kind: kind, plural: plural, isNamespaced: namespaced)
        self.singular = singular ?? kind.lowercased()
        self.shortNames = shortNames
        self.categories = categories
        self.subresources = subresources
        self.verbs = verbs
        self.nameRule = nameRule
        self.hasGeneration = hasGeneration
        self.bucket = bucket ?? StorageBucket(group: group, plural: plural)
        self.storedAPIVersion = storedAPIVersion ?? (group.isEmpty ? version : "\(group)/\(version)")
        self.custom = custom
    }

    func key(namespace: String?, name: String) -> StorageKey {
        StorageKey(bucket: bucket, namespace: isNamespaced ? namespace ?? "" : "", name: name)
    }

    func notFound(_ name: String) -> StatusError { .notFound(group: group, plural: plural, name: name) }

    func conflict(_ name: String, _ why: String) -> StatusError {
        .conflict(group: group, plural: plural, name: name, why: why)
    }

    func forbidden(_ name: String, _ why: String) -> StatusError {
        .forbidden(group: group, plural: plural, name: name, why: why)
    }

    func invalid(_ name: String, _ causes: [StatusError.Cause]) -> StatusError {
        .invalid(group: group, kind: kind, name: name, causes: causes)
    }
}

/// What a custom resource definition adds to one served version.
package struct CustomResource: Sendable {
    /// Name of the definition, `plural.group`.
    let definitionName: String
    /// The version's `schema.openAPIV3Schema`.
    let openAPI: JSONValue
    /// The version's `additionalPrinterColumns`.
    let printerColumns: [PrinterColumn]
    /// Fields that objects can be chosen by besides name and namespace, such as `spec.color`.
    var selectableFields: Set<String> = []
    /// Where replicas are counted; nil without the `scale` subresource.
    var scale: ScaleSubresource.Paths?
    /// What clients of this version are warned of; nil when it is not deprecated.
    var deprecation: String?
    /// Pruning, defaults and validation.
    let rules: any ObjectRules
}

/// What a schema does to objects: the seam to the structural schema's implementation.
protocol ObjectRules: Sendable {
    /// The object without what the schema does not know.
    func prune(_ object: JSONValue) -> JSONValue
    /// The object without what the schema does not know, and with defaults.
    func normalize(_ object: JSONValue) -> JSONValue
    /// What is wrong with an object, with transition rules against its earlier state.
    func validate(_ object: JSONValue, old: JSONValue?) -> [StatusError.Cause]
}

/// A column that `kubectl get` shows for a custom resource.
struct PrinterColumn: Sendable {
    var name: String
    var type: String
    var format: String
    var description: String
    var priority: Int64
    var jsonPath: String

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.stringValue, let jsonPath = json["jsonPath"]?.stringValue else { return nil }
        self.name = name
        self.jsonPath = jsonPath
        type = json["type"]?.stringValue ?? "string"
        format = json["format"]?.stringValue ?? ""
        description = json["description"]?.stringValue ?? ""
        priority = json["priority"]?.integerValue ?? 0
    }
}
