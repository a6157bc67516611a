// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// Which objects a list or watch is about: the selectors of its query.
struct ObjectFilter: Sendable {
    var labels = LabelSelector()
    var fields = FieldSelector()

    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    init() {}

    /// Reads selectors; fields are limited to what Kubernetes knows for the kind, so that a mistake is not an empty
    /// list.
    init(labelSelector: String?, fieldSelector: String?, resource: ServedResource) throws(StatusError) {
        do {
            if let labelSelector, !labelSelector.isEmpty { labels = try LabelSelector(parsing: labelSelector) }
        } catch {
            throw .badRequest("\(error)")
        }
        guard let fieldSelector, !fieldSelector.isEmpty else { return }
        for piece in fieldSelector.split(separator: ",") where !piece.contains("=") {
            throw .badRequest("invalid selector: '\(fieldSelector)'; can't understand '\(piece)'")
        }
        do {
            fields = try FieldSelector(parsing: fieldSelector)
        } catch {
            throw .badRequest("\(error)")
        }
        for requirement in fields.requirements {
            try Self.check(requirement.field, resource)
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        (labels.isEmpty || labels.matches(object.labels)) && (fields.isEmpty || fields.matches(withDefaults(object)))
    }

    /// The object with the values that its missing fields are chosen by.
    private func withDefaults(_ object: JSONValue) -> JSONValue {
        var copy = object
        // A Job's field for selection has another name than the field of the object.
        if let succeeded = object.at("status", "succeeded") { copy.setValue(succeeded, at: ["status", "successful"]) }
        for requirement in fields.requirements {
            guard let value = Self.missing[requirement.field] else { continue }
            let path = requirement.field.split(separator: ".").map(String.init)
            if copy.at(path) == nil { copy.setValue(value, at: path) }
        }
        return copy
    }

    private static let missing: [String: JSONValue] = [
        "status.successful": 0, "spec.unschedulable": false, "spec.hostNetwork": false,
    ]

    /// The fields that a kind's objects can be chosen by, besides name and namespace. Kinds that are not here know no
    /// others, and say so in other words.
    private static let supported: [String: Set<String>] = [
        "pods": [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
            "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
        ],
        "events": [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "source", "type",
        ],
        "events.events.k8s.io": [
            "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion",
            "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type",
        ],
        "namespaces": ["status.phase"], "secrets": ["type"], "nodes": ["spec.unschedulable"],
        "services": ["spec.clusterIP", "spec.type"], "jobs.batch": ["status.successful"],
    ]

    /// Throws what a cluster answers to a field that objects of the kind cannot be chosen by.
    private static func check(_ field: String, _ resource: ServedResource) throws(StatusError) {
        let known = supported[resource.group.isEmpty ? resource.plural : "\(resource.plural).\(resource.group)"]
        let isStrict = known != nil || resource.custom != nil
        if field == "metadata.name" { return }
        if field == "metadata.namespace", resource.isNamespaced || !isStrict { return }
        if known?.contains(field) == true || resource.custom?.selectableFields.contains(field) == true { return }
        if resource.bucket.description == "jobs.batch" {
            throw .badRequest("field label \"\(field)\" not supported for Job")
        }
        throw .badRequest(
            isStrict
                ? "field label not supported: \(field)"
                : "\"\(field)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    }
}
