// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding

/// `…/scale`: the number of replicas of an object, whatever its kind, as `autoscaling/v1` Scale.
struct ScaleSubresource: Sendable {
    /// Where the numbers lie in objects of a kind.
    struct Paths: Sendable, Equatable {
        /// The wanted number.
        var replicas = ["spec", "replicas"]
        /// The number that there is.
        var statusReplicas = ["status", "replicas"]
        /// The labels of what is counted, as a selector or as its text; nil when the kind does not say.
        var selector: [String]? = ["spec", "selector"]
    }

    let api: ClusterAPI

    /// Reads or writes the number.
    func answer(_ call: ResourceCall) throws(StatusError) -> JSONValue {
        let paths = call.resource.custom?.scale ?? Paths()
        let object = try api.get(call.resource, namespace: call.namespace, name: call.info.name)
        if call.info.verb == "get" { return scale(of: object, paths) }
        let current = scale(of: object, paths)
        let wanted = try wanted(call, current)
        guard let replicas = wanted.at("spec", "replicas")?.integerValue ?? (wanted["spec"] == nil ? 0 : nil) else {
            throw .badRequest("Scale in version \"v1\" cannot be handled as a Scale: spec.replicas is no number")
        }
        guard replicas >= 0 else {
            throw .invalid(
                group: "autoscaling", kind: "Scale", name: object.name,
                causes: [
                    .invalid("spec.replicas", .integer(replicas), "must be greater than or equal to 0")
                ])
        }
        var request = try RequestOptions.write(call.request, user: call.user, info: call.info)
        request.subresource = nil
        let updated = try api.update(
            call.resource, namespace: call.namespace, name: call.info.name, request: request
        ) { (existing) throws(StatusError) -> ClusterAPI.Change in
            var changed = existing
            changed.setMeta("resourceVersion", wanted.meta("resourceVersion"))
            changed.setValue(.integer(replicas), at: paths.replicas)
            return ClusterAPI.Change(object: changed)
        }
        return scale(of: updated, paths)
    }

    private func wanted(_ call: ResourceCall, _ current: JSONValue) throws(StatusError) -> JSONValue {
        guard call.info.verb == "patch" else { return try RequestOptions.body(call.request) }
        var base = current
        base.setMeta("resourceVersion", nil)
        switch try RequestOptions.patch(call.request) {
        case .merge(let change), .strategic(let change): return MergePatch.apply(change, to: base)
        case .json(let operations):
            do {
                return try operations.apply(to: base)
            } catch {
                throw .rejectedPatch("\(error)")
            }
        case .apply:
            throw .unsupportedMediaType(
                "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json")
        }
    }

    private func scale(of object: JSONValue, _ paths: Paths) -> JSONValue {
        var metadata = JSONObject()
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let value = object.meta(name) { metadata[name] = value }
        }
        var status: JSONObject = ["replicas": .integer(object.at(paths.statusReplicas)?.integerValue ?? 0)]
        if let selector = paths.selector.flatMap({ object.at($0) }) {
            let labels = selector["matchLabels"]?.stringMap ?? [:]
            let text =
                selector.stringValue ?? labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .joined(separator: ",")
            if !text.isEmpty { status["selector"] = .string(text) }
        }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
            "spec": ["replicas": .integer(object.at(paths.replicas)?.integerValue ?? 0)], "status": .object(status),
        ]
    }
}
