// SPDX-License-Identifier: MIT
import JSONCoding

/// Turns a CustomResourceDefinition into what is served, or says what in it cannot be.
enum CustomResourceCompiler {
    /// One resource for each served version.
    ///
    /// - Throws: `Invalid`, naming every field that is wrong, and every rule that cannot be evaluated.
    static func compile(_ definition: JSONValue) throws(StatusError) -> [ServedResource] {
        let name = definition.name
        let spec = definition["spec"] ?? [:]
        var causes = check(definition)
        let group = spec["group"]?.stringValue ?? ""
        let names = spec["names"] ?? [:]
        let plural = names["plural"]?.stringValue ?? ""
        let kind = names["kind"]?.stringValue ?? ""
        let versions = spec["versions"]?.arrayValue ?? []
        let storage = versions.first { $0["storage"]?.boolValue == true }?["name"]?.stringValue ?? ""
        var served: [ServedResource] = []
        for (index, version) in versions.enumerated() {
            guard let versionName = version["name"]?.stringValue, causes.isEmpty else { continue }
            do {
                let rules = try SchemaRules(openAPI: version.at("schema", "openAPIV3Schema") ?? [:])
                guard version["served"]?.boolValue == true else { continue }
                let subresources = version["subresources"]?.objectValue
                served.append(
                    ServedResource(
                        group: group, version: versionName, kind: kind, plural: plural,
                        singular: names["singular"]?.stringValue ?? kind.lowercased(),
                        namespaced: spec["scope"]?.stringValue == "Namespaced",
                        shortNames: names["shortNames"]?.strings ?? [], categories: names["categories"]?.strings ?? [],
                        subresources: Set(subresources?.keys ?? []).intersection(["status", "scale"]),
                        verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
                        hasGeneration: true, storedAPIVersion: "\(group)/\(storage)",
                        custom: CustomResource(
                            definitionName: name, openAPI: version.at("schema", "openAPIV3Schema") ?? [:],
                            printerColumns: (version["additionalPrinterColumns"]?.arrayValue ?? [])
                                .compactMap(PrinterColumn.init),
                            selectableFields: Set(
                                (version["selectableFields"]?.arrayValue ?? []).compactMap {
                                    $0["jsonPath"]?.stringValue.map { String($0.drop { $0 == "." }) }
                                }),
                            scale: (subresources?["scale"]).map(Self.scale),
                            deprecation: version["deprecated"]?.boolValue == true
                                ? version["deprecationWarning"]?.stringValue
                                    ?? "\(group)/\(versionName) \(kind) is deprecated" : nil, rules: rules)))
            } catch {
                causes += error.causes.map { cause in
                    var cause = cause
                    cause.field =
                        "spec.versions[\(index)].schema.openAPIV3Schema" + (cause.field.map { ".\($0)" } ?? "")
                    return cause
                }
            }
        }
        guard causes.isEmpty else {
            throw .invalid(
                group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", name: name, causes: causes)
        }
        return served
    }

    private static func scale(_ json: JSONValue) -> ScaleSubresource.Paths {
        func path(_ name: String) -> [String]? {
            json[name]?.stringValue.map { $0.split(separator: ".").map(String.init) }
        }
        var paths = ScaleSubresource.Paths(selector: path("labelSelectorPath"))
        if let replicas = path("specReplicasPath") { paths.replicas = replicas }
        if let replicas = path("statusReplicasPath") { paths.statusReplicas = replicas }
        return paths
    }

    private static func check(_ definition: JSONValue) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        func require(_ path: String...) {
            if definition.at(["spec"] + path)?.stringValue?.isEmpty ?? true {
                causes.append(.required((["spec"] + path).joined(separator: ".")))
            }
        }
        require("group")
        require("scope")
        require("names", "plural")
        require("names", "kind")
        let spec = definition["spec"] ?? [:]
        let expected = "\(spec.at("names", "plural")?.stringValue ?? "").\(spec["group"]?.stringValue ?? "")"
        if definition.name != expected {
            causes.append(
                .invalid("metadata.name", .string(definition.name), "must be spec.names.plural+\".\"+spec.group"))
        }
        if let scope = spec["scope"]?.stringValue, !["Namespaced", "Cluster"].contains(scope) {
            causes.append(.notSupported("spec.scope", .string(scope), ["Cluster", "Namespaced"]))
        }
        let versions = spec["versions"]?.arrayValue ?? []
        if versions.isEmpty { causes.append(.required("spec.versions")) }
        if versions.filter({ $0["storage"]?.boolValue == true }).count != 1 {
            causes.append(
                .invalid("spec.versions", .null, "must have exactly one version marked as storage version"))
        }
        for (index, version) in versions.enumerated() where version.at("schema", "openAPIV3Schema") == nil {
            causes.append(.required("spec.versions[\(index)].schema.openAPIV3Schema"))
        }
        return causes
    }
}

extension StatusError.Cause {
    /// A field that must be there.
    static func required(_ field: String, _ detail: String = "") -> Self {
        .init(
            reason: "FieldValueRequired", message: "Required value" + (detail.isEmpty ? "" : ": \(detail)"),
            field: field)
    }

    /// A field with a value that breaks a rule.
    static func invalid(_ field: String, _ value: JSONValue, _ detail: String) -> Self {
        .init(
            reason: "FieldValueInvalid", message: "Invalid value: \(value.encodedString()): \(detail)", field: field)
    }

    /// A field with a value outside the possible ones.
    static func notSupported(_ field: String, _ value: JSONValue, _ possible: [String]) -> Self {
        .init(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \(value.encodedString()): supported values: "
                + possible.map { "\"\($0)\"" }.joined(separator: ", "), field: field)
    }

    /// A field that may not be set or changed.
    static func forbidden(_ field: String, _ detail: String) -> Self {
        .init(reason: "FieldValueForbidden", message: "Forbidden: \(detail)", field: field)
    }
}
