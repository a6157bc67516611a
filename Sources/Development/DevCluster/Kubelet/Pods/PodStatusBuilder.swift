// SPDX-License-Identifier: MIT
import JSONCoding

/// The status of a pod, decided from what is known of its containers (core/v1 PodStatus; "Pod Lifecycle").
struct PodStatusBuilder {
    let pod: JSONValue
    let records: [ContainerRecord]
    /// Why the pod as a whole failed, such as `DeadlineExceeded`; its containers do not matter then.
    let failure: (reason: String, message: String)?
    /// All that was to happen has happened.
    let hasEnded: Bool
    let now: Timestamp

    /// The pod was running when the node went down.
    static let nodeRestart = "NodeRestart"

    /// The whole status, on top of what others have put there.
    func build() -> JSONValue {
        var status = pod["status"] ?? .object([:])
        let phase = self.phase
        status["phase"] = .string(phase)
        status["reason"] = failure.map { .string($0.reason) }
        status["message"] = failure.map { .string($0.message) }
        if status["startTime"] == nil { status["startTime"] = .string(now.description) }
        status["hostIP"] = "127.0.0.1"
        status["hostIPs"] = [["ip": "127.0.0.1"]]
        status["podIP"] = "127.0.0.1"
        status["podIPs"] = [["ip": "127.0.0.1"]]
        if status["qosClass"] == nil { status["qosClass"] = "BestEffort" }
        let initial = records.filter { $0.role != .main }
        status["initContainerStatuses"] = initial.isEmpty ? nil : .array(initial.map(entry))
        status["containerStatuses"] = .array(records.filter { $0.role == .main }.map(entry))
        for condition in conditions(phase) { set(condition, in: &status) }
        if failure?.reason == Self.nodeRestart {
            // A Job may tell the node's fault from the pod's by this (batch/v1, pod failure policy).
            set(
                Condition(
                    type: "DisruptionTarget", isTrue: true, reason: "TerminationByKubelet",
                    message: failure?.message ?? ""), in: &status)
        }
        return status
    }

    var phase: String {
        if failure != nil { return "Failed" }
        let main = records.filter { $0.role == .main }
        if hasEnded {
            let failed = records.contains { $0.role != .sidecar && ($0.termination?.exitCode ?? 1) != 0 }
            return failed ? "Failed" : "Succeeded"
        }
        // Once a main container was started the pod is running, also while one waits to be started again.
        return main.contains { $0.isRunning || $0.termination != nil || $0.restartCount > 0 } ? "Running" : "Pending"
    }

    // MARK: Containers

    private func entry(_ record: ContainerRecord) -> JSONValue {
        var entry: JSONValue = [
            "name": .string(record.name), "image": .string(record.image), "imageID": "",
            "restartCount": .integer(Int64(record.restartCount)), "ready": .bool(isReady(record)),
            "started": .bool(record.isRunning), "state": state(record.state),
            "lastState": record.last.map { ["terminated": termination($0)] } ?? .object([:]),
        ]
        if let id = record.processID { entry["containerID"] = .string("process://\(id)") }
        return entry
    }

    /// Without probes a container is ready while it runs; an init container once it has done its work.
    private func isReady(_ record: ContainerRecord) -> Bool {
        record.role == .initial ? record.termination?.exitCode == 0 : record.isRunning
    }

    private func state(_ state: ContainerRecord.State) -> JSONValue {
        switch state {
        case .waiting(let reason, let message):
            var waiting: JSONValue = ["reason": .string(reason)]
            waiting["message"] = message.map { .string($0) }
            return ["waiting": waiting]
        case .running(let since): return ["running": ["startedAt": .string(since.description)]]
        case .terminated(let end): return ["terminated": termination(end)]
        }
    }

    private func termination(_ end: ContainerRecord.Termination) -> JSONValue {
        var json: JSONValue = [
            "exitCode": .integer(Int64(end.exitCode)), "reason": .string(end.reason),
            "finishedAt": .string(end.finishedAt.description),
        ]
        json["message"] = end.message.map { .string($0) }
        json["startedAt"] = end.startedAt.map { .string($0.description) }
        return json
    }

    // MARK: Conditions

    private struct Condition {
        let type: String
        let isTrue: Bool
        var reason = ""
        var message = ""
    }

    private func conditions(_ phase: String) -> [Condition] {
        let isOver = phase == "Succeeded" || phase == "Failed"
        let initialized = records.allSatisfy { record in
            switch record.role {
            case .initial: record.termination?.exitCode == 0
            case .sidecar: record.isRunning || record.termination != nil
            case .main: true
            }
        }
        let unready = records.filter { $0.role != .initial && !$0.isRunning }.map(\.name)
        var ready = Condition(type: "Ready", isTrue: unready.isEmpty && !isOver)
        if isOver {
            ready.reason = phase == "Succeeded" ? "PodCompleted" : "PodFailed"
        } else if !unready.isEmpty {
            ready.reason = "ContainersNotReady"
            ready.message = "containers with unready status: [\(unready.joined(separator: " "))]"
        }
        return [
            Condition(type: "PodScheduled", isTrue: true),
            Condition(type: "PodReadyToStartContainers", isTrue: !isOver),
            Condition(type: "Initialized", isTrue: initialized, reason: initialized ? "" : "ContainersNotInitialized"),
            ready,
            Condition(type: "ContainersReady", isTrue: ready.isTrue, reason: ready.reason, message: ready.message),
        ]
    }

    private func set(_ condition: Condition, in status: inout JSONValue) {
        var list = status["conditions"]?.arrayValue ?? []
        let index = list.firstIndex { $0["type"]?.stringValue == condition.type }
        let value = condition.isTrue ? "True" : "False"
        let changed = index.map { list[$0]["status"]?.stringValue != value } ?? true
        let since = changed ? .string(now.description) : index.flatMap { list[$0]["lastTransitionTime"] }
        var entry: JSONValue = ["type": .string(condition.type), "status": .string(value), "lastProbeTime": nil]
        entry["lastTransitionTime"] = since
        if !condition.reason.isEmpty { entry["reason"] = .string(condition.reason) }
        if !condition.message.isEmpty { entry["message"] = .string(condition.message) }
        if let index { list[index] = entry } else { list.append(entry) }
        status["conditions"] = .array(list)
    }
}
