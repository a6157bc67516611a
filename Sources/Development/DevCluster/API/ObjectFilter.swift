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
            if let fieldSelector, !fieldSelector.isEmpty { fields = try FieldSelector(parsing: fieldSelector) }
        } catch {
            throw .badRequest("\(error)")
        }
        for requirement in fields.requirements where !Self.isSupported(requirement.field, resource) {
            throw .badRequest("field label not supported: \(requirement.field)")
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        (labels.isEmpty || labels.matches(object.labels)) && (fields.isEmpty || fields.matches(object))
    }

    private static func isSupported(_ field: String, _ resource: ServedResource) -> Bool {
        if field == "metadata.name" || field == "metadata.namespace" { return true }
        switch resource.bucket.description {
        case "pods":
            return [
                "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP",
            ].contains(field)
        case "events":
            return field.hasPrefix("involvedObject.") || field.hasPrefix("regarding.")
                || ["reason", "type", "source", "reportingComponent", "reportingController"].contains(field)
        case "namespaces": return field == "status.phase"
        case "secrets": return field == "type"
        case "nodes": return field == "spec.unschedulable"
        case "jobs.batch": return field == "status.successful"
        default: return false
        }
    }
}
