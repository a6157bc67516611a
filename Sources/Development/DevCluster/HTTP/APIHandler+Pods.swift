// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

extension APIHandler {
    /// `pods/log`.
    func log(_ call: ResourceCall) async throws(StatusError) -> ServerResponse {
        guard call.info.verb == "get" else { throw .methodNotAllowed }
        let pod = try api.get(call.resource, namespace: call.namespace, name: call.info.name)
        let query = call.request.query
        let container = try Self.container(of: pod, asked: query["container"])
        // Nobody runs it yet, so it has said nothing.
        guard pod.at("spec", "nodeName")?.stringValue?.isEmpty == false else {
            return .stream(contentType: "text/plain") { _ in }
        }
        guard let logs = podLogs else {
            throw StatusError(
                code: 503, reason: "ServiceUnavailable",
                message: "no kubelet runs in this cluster, so there are no logs")
        }
        var request = PodLogRequest(
            namespace: pod.namespace, pod: pod.name, podUID: pod.uid, container: container)
        request.follow = query["follow"] == "true"
        request.timestamps = query["timestamps"] == "true"
        request.previous = query["previous"] == "true"
        request.tailLines = query["tailLines"].flatMap { Int($0) }
        request.limitBytes = query["limitBytes"].flatMap { Int($0) }
        request.sinceTime = query["sinceTime"].flatMap { Timestamp($0) }
        if let seconds = query["sinceSeconds"].flatMap({ Int($0) }) {
            request.sinceTime = api.now.adding(.seconds(-seconds))
        }
        let stream = try await logs.stream(request)
        return .stream(contentType: "text/plain") { writer in
            for await piece in stream { try await writer.write(piece) }
        }
    }

    /// The container that is asked for, or the only one, or the one that the pod names as its default.
    private static func container(of pod: JSONValue, asked: String?) throws(StatusError) -> String {
        func names(_ list: String) -> [String] {
            (pod.at("spec", list)?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        }
        let containers = names("containers")
        let all = names("initContainers") + containers
        if let asked, !asked.isEmpty {
            guard all.contains(asked) else {
                throw .badRequest("container \(asked) is not valid for pod \(pod.name)")
            }
            return asked
        }
        if containers.count == 1, let only = containers.first { return only }
        if let named = pod.annotations["kubectl.kubernetes.io/default-container"], containers.contains(named) {
            return named
        }
        throw .badRequest(
            "a container name must be specified for pod \(pod.name), choose one of: ["
                + containers.joined(separator: " ") + "]"
        )
    }
}
