// SPDX-License-Identifier: MIT
import JSONCoding

/// Which requests a policy or a binding is about (`matchConstraints`, `matchResources`).
struct ResourceMatch: Sendable {
    private struct Rule: Sendable {
        let groups: [String]
        let versions: [String]
        let resources: [String]
        let operations: [String]
        let names: [String]
        let scope: String

        init(_ json: JSONValue) {
            func list(_ name: String) -> [String] { (json[name]?.arrayValue ?? []).compactMap(\.stringValue) }
            groups = list("apiGroups")
            versions = list("apiVersions")
            resources = list("resources")
            operations = list("operations")
            names = list("resourceNames")
            scope = json["scope"]?.stringValue ?? "*"
        }

        func matches(_ request: AdmissionRequest) -> Bool {
            func has(_ list: [String], _ value: String) -> Bool { list.contains("*") || list.contains(value) }
            return has(groups, request.group) && has(versions, request.version)
                && has(operations, request.operation.rawValue) && matchesResource(request)
                && (names.isEmpty || names.contains(request.name)) && matchesScope(request)
        }

        private func matchesScope(_ request: AdmissionRequest) -> Bool {
            switch scope {
            case "Namespaced": !request.namespace.isEmpty
            case "Cluster": request.namespace.isEmpty
            default: true
            }
        }

        private func matchesResource(_ request: AdmissionRequest) -> Bool {
            resources.contains { pattern in
                let parts = pattern.split(separator: "/", maxSplits: 1).map(String.init)
                guard let resource = parts.first else { return false }
                let subresource = parts.count == 2 ? parts[1] : ""
                let fitsResource = resource == "*" || resource == request.resource
                return fitsResource && (subresource == "*" || subresource == request.subresource)
            }
        }
    }

    private let rules: [Rule]?
    private let exclusions: [Rule]
    private let namespaceSelector: LabelMatch
    private let objectSelector: LabelMatch

    init(_ json: JSONValue?) {
        rules = json?["resourceRules"]?.arrayValue?.map { Rule($0) }
        exclusions = (json?["excludeResourceRules"]?.arrayValue ?? []).map { Rule($0) }
        namespaceSelector = LabelMatch(json?["namespaceSelector"])
        objectSelector = LabelMatch(json?["objectSelector"])
    }

    /// - Parameters:
    ///   - namespaceObject: the namespace of the object; `nil` for objects outside namespaces.
    ///   - needsRules: a policy without rules is about nothing, a binding without rules about everything.
    func matches(_ request: AdmissionRequest, namespaceObject: JSONValue?, needsRules: Bool) -> Bool {
        if let rules, !rules.isEmpty {
            guard rules.contains(where: { $0.matches(request) }) else { return false }
        } else if needsRules {
            return false
        }
        if exclusions.contains(where: { $0.matches(request) }) { return false }
        return matchesNamespace(request, namespaceObject) && matchesObject(request)
    }

    private func matchesNamespace(_ request: AdmissionRequest, _ namespaceObject: JSONValue?) -> Bool {
        if namespaceSelector.isEmpty { return true }
        if request.group.isEmpty, request.resource == "namespaces" {
            // A namespace is judged by its own labels, the new ones when there are some.
            return namespaceSelector.matches((request.object ?? request.oldObject)?.labels ?? [:])
        }
        guard !request.namespace.isEmpty else { return true }
        return namespaceSelector.matches(namespaceObject?.labels ?? [:])
    }

    private func matchesObject(_ request: AdmissionRequest) -> Bool {
        objectSelector.isEmpty
            || [request.object, request.oldObject].contains { object in
                object.map { objectSelector.matches($0.labels) } ?? false
            }
    }
}

/// A label selector.
struct LabelMatch: Sendable {
    private let labels: [String: String]
    private let expressions: [(key: String, operation: String, values: [String])]

    init(_ json: JSONValue?) {
        labels = json?["matchLabels"]?.stringMap ?? [:]
        expressions = (json?["matchExpressions"]?.arrayValue ?? []).map { entry in
            (
                entry["key"]?.stringValue ?? "", entry["operator"]?.stringValue ?? "",
                (entry["values"]?.arrayValue ?? []).compactMap(\.stringValue)
            )
        }
    }

    var isEmpty: Bool { labels.isEmpty && expressions.isEmpty }

    func matches(_ found: [String: String]) -> Bool {
        labels.allSatisfy { found[$0.key] == $0.value }
            && expressions.allSatisfy { expression in
                let value = found[expression.key]
                return switch expression.operation {
                case "In": value.map(expression.values.contains) ?? false
                case "NotIn": !(value.map(expression.values.contains) ?? false)
                case "Exists": value != nil
                case "DoesNotExist": value == nil
                default: false
                }
            }
    }
}

extension JSONValue {
    fileprivate var labels: [String: String] { at("metadata", "labels")?.stringMap ?? [:] }
}
