// SPDX-License-Identifier: MIT
package import JSONCoding

/// A CustomResourceDefinition (apiextensions.k8s.io/v1) that was read and understood.
package struct ResourceDefinition: Sendable {
    /// The API group.
    package let group: String
    /// What the resource is called.
    package let names: Names
    /// Whether its objects live in namespaces.
    package let isNamespaced: Bool
    /// The versions, in the order of the definition.
    package let versions: [Version]

    /// Names of a resource.
    package struct Names: Sendable, Hashable {
        package let kind: String
        package let listKind: String
        package let plural: String
        package let singular: String
        package let shortNames: [String]
        package let categories: [String]
    }

    /// One version.
    package struct Version: Sendable {
        package let name: String
        package let isServed: Bool
        package let isStorage: Bool
        package let schema: StructuralSchema
        /// Whether `status` is a subresource of its own.
        package let hasStatus: Bool
        package let columns: [PrinterColumn]
    }

    /// A column of `kubectl get`.
    package struct PrinterColumn: Sendable, Hashable {
        package let name: String
        package let type: String
        package let format: String
        package let description: String
        /// Above 0: shown with `-o wide` only.
        package let priority: Int
        package let jsonPath: String
    }

    /// Reads a definition.
    ///
    /// - Throws: `SchemaError` with every problem: fields that are missing, a schema that is not structural, a rule
    ///   that
    ///   cannot be evaluated here.
    package init(crd: JSONValue) throws(SchemaError) {
        var problems: [FieldError] = []
        func text(_ path: String...) -> String {
            if let value = crd.at(path)?.stringValue, !value.isEmpty { return value }
            problems.append(FieldError(.required, at: path.joined(separator: ".")))
            return ""
        }
        group = text("spec", "group")
        let kind = text("spec", "names", "kind")
        let plural = text("spec", "names", "plural")
        func list(_ name: String) -> [String] {
            (crd.at("spec", "names", name)?.arrayValue ?? []).compactMap(\.stringValue)
        }
        names = Names(
            kind: kind, listKind: crd.at("spec", "names", "listKind")?.stringValue ?? "\(kind)List", plural: plural,
            singular: crd.at("spec", "names", "singular")?.stringValue ?? kind.lowercased(),
            shortNames: list("shortNames"), categories: list("categories"))
        switch crd.at("spec", "scope")?.stringValue {
        case "Namespaced": isNamespaced = true
        case "Cluster": isNamespaced = false
        case let scope:
            isNamespaced = false
            problems.append(
                FieldError(
                    .notSupported, at: "spec.scope", badValue: .string(scope ?? ""),
                    "supported values: \"Cluster\", \"Namespaced\""))
        }
        if crd.at("metadata", "name")?.stringValue != "\(plural).\(group)" {
            problems.append(
                FieldError(
                    .invalid, at: "metadata.name", badValue: crd.at("metadata", "name"),
                    "must be spec.names.plural+\".\"+spec.group"))
        }
        var versions: [Version] = []
        for (index, entry) in (crd.at("spec", "versions")?.arrayValue ?? []).enumerated() {
            do {
                versions.append(try Version(entry))
            } catch {
                problems += error.problems.map {
                    FieldError(
                        $0.reason, at: "spec.versions[\(index)].schema.openAPIV3Schema.\($0.path)",
                        badValue: $0.badValue, $0.detail)
                }
            }
        }
        self.versions = versions
        if problems.isEmpty, versions.count(where: \.isStorage) != 1 {
            problems.append(
                FieldError(
                    .invalid, at: "spec.versions", badValue: .integer(Int64(versions.count)),
                    "must have exactly one version marked as storage version"))
        }
        guard problems.isEmpty else { throw SchemaError(problems: problems) }
    }

    /// The version of this name.
    package func version(_ name: String) -> Version? { versions.first { $0.name == name } }
}

extension ResourceDefinition.Version {
    fileprivate init(_ entry: JSONValue) throws(SchemaError) {
        guard let name = entry["name"]?.stringValue else {
            throw SchemaError(problems: [FieldError(.required, at: "name")])
        }
        guard let openAPI = entry.at("schema", "openAPIV3Schema") else {
            throw SchemaError(problems: [FieldError(.required, at: "", "schemas are required")])
        }
        self.name = name
        isServed = entry["served"]?.boolValue ?? false
        isStorage = entry["storage"]?.boolValue ?? false
        schema = try StructuralSchema(openAPI: openAPI)
        hasStatus = entry.at("subresources", "status") != nil
        columns = (entry["additionalPrinterColumns"]?.arrayValue ?? []).map { column in
            ResourceDefinition.PrinterColumn(
                name: column["name"]?.stringValue ?? "", type: column["type"]?.stringValue ?? "string",
                format: column["format"]?.stringValue ?? "", description: column["description"]?.stringValue ?? "",
                priority: Int(column["priority"]?.integerValue ?? 0), jsonPath: column["jsonPath"]?.stringValue ?? "")
        }
    }
}
