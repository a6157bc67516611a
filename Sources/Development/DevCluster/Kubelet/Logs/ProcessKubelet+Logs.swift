// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import SystemCalls

extension ProcessKubelet: PodLogs {
    package func stream(_ request: PodLogRequest) async throws(StatusError) -> AsyncStream<[UInt8]> {
        let pod = try context.store.get(.pod, namespace: request.namespace, name: request.pod)
        guard ContainerSpec.all(of: pod).contains(where: { $0.name == request.container }) else {
            throw .badRequest("container \(request.container) is not valid for pod \(request.pod)")
        }
        let folder = PodFolder(state: context.configuration.stateDirectory, podUID: request.podUID)
        let instances = ((try? Files.list(folder.container(request.container))) ?? [])
            .compactMap { $0.hasSuffix(".log") ? Int($0.dropLast(4)) : nil }.sorted()
        guard let current = instances.last else {
            throw .badRequest(
                "container \"\(request.container)\" in pod \"\(request.pod)\" is waiting to start: "
                    + waitingReason(pod, request.container))
        }
        var instance = current
        if request.previous {
            guard let previous = instances.dropLast().last else {
                throw .badRequest(
                    "previous terminated container \"\(request.container)\" in pod \"\(request.pod)\" not found")
            }
            instance = previous
        }
        let path = folder.log(request.container, restart: instance)
        let reader = LogReader(path: path, request: request, source: request.follow ? context.logs[path] : nil)
        // Pulled by whoever reads: a slow client costs no memory.
        return AsyncStream { await reader.next() }
    }

    private func waitingReason(_ pod: JSONValue, _ container: String) -> String {
        for list in ["containerStatuses", "initContainerStatuses"] {
            let status = pod.at("status", list)?.arrayValue?.first { $0["name"]?.stringValue == container }
            if let reason = status?.at("state", "waiting", "reason")?.stringValue { return reason }
        }
        return "ContainerCreating"
    }
}
