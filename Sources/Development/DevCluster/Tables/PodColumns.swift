// SPDX-License-Identifier: MIT
import JSONCoding

/// The columns of pods: a status that says what is wrong, as kubectl's users know it.
enum PodColumns {
    typealias Column = TableRenderer.Column

    static let columns: [Column] = [
        Column("Ready") { pod, _ in
            let statuses = pod.at("status", "containerStatuses")?.arrayValue ?? []
            let sidecars = sidecarStatuses(pod)
            let all = (pod.at("spec", "containers")?.arrayValue?.count ?? 0) + sidecars.total
            let ready = statuses.filter { $0["ready"]?.boolValue == true }.count + sidecars.ready
            return .string("\(ready)/\(all)")
        },
        Column("Status") { pod, _ in .string(status(pod)) },
        Column("Restarts") { pod, _ in
            let statuses = pod.at("status", "containerStatuses")?.arrayValue ?? []
            return .string(String(statuses.reduce(0) { $0 + ($1["restartCount"]?.integerValue ?? 0) }))
        },
    ]

    static let wide: [Column] = [
        Column("IP", wide: true) { pod, _ in .string(pod.at("status", "podIP")?.stringValue ?? "<none>") },
        Column("Node", wide: true) { pod, _ in .string(pod.at("spec", "nodeName")?.stringValue ?? "<none>") },
        Column("Nominated Node", wide: true) { _, _ in "<none>" },
        Column("Readiness Gates", wide: true) { _, _ in "<none>" },
    ]

    /// Init containers that keep running count as containers.
    private static func sidecarStatuses(_ pod: JSONValue) -> (total: Int, ready: Int) {
        let sidecars = Set(
            (pod.at("spec", "initContainers")?.arrayValue ?? []).filter { $0["restartPolicy"] == "Always" }
                .compactMap { $0["name"]?.stringValue })
        let statuses = pod.at("status", "initContainerStatuses")?.arrayValue ?? []
        let ready = statuses.filter {
            sidecars.contains($0["name"]?.stringValue ?? "") && $0["ready"]?.boolValue == true
        }
        return (sidecars.count, ready.count)
    }

    static func status(_ pod: JSONValue) -> String {
        var status = pod.at("status", "phase")?.stringValue ?? "Unknown"
        if let reason = pod.at("status", "reason")?.stringValue, !reason.isEmpty { status = reason }
        let initial = initStatus(pod)
        if let initial { status = initial }
        if initial == nil {
            var isRunning = false
            for container in (pod.at("status", "containerStatuses")?.arrayValue ?? []).reversed() {
                if let reason = reason(container) {
                    status = reason
                } else if container["ready"]?.boolValue == true, container.at("state", "running") != nil {
                    isRunning = true
                }
            }
            if status == "Completed", isRunning { status = "Running" }
        }
        if pod.isBeingDeleted {
            let phase = pod.at("status", "phase")?.stringValue
            if phase != "Succeeded", phase != "Failed" { status = "Terminating" }
        }
        return status
    }

    private static func initStatus(_ pod: JSONValue) -> String? {
        let containers = pod.at("spec", "initContainers")?.arrayValue ?? []
        let statuses = pod.at("status", "initContainerStatuses")?.arrayValue ?? []
        for (index, status) in statuses.enumerated() {
            let isSidecar = containers.first { $0["name"] == status["name"] }?["restartPolicy"] == "Always"
            if let code = status.at("state", "terminated", "exitCode")?.integerValue {
                if code == 0 || isSidecar { continue }
                return "Init:" + (reason(status) ?? "Error")
            }
            if isSidecar, status["started"]?.boolValue == true || status.at("state", "running") != nil { continue }
            if let waiting = status.at("state", "waiting", "reason")?.stringValue, waiting != "PodInitializing" {
                return "Init:" + waiting
            }
            return "Init:\(index)/\(containers.count)"
        }
        return nil
    }

    private static func reason(_ status: JSONValue) -> String? {
        if let waiting = status.at("state", "waiting", "reason")?.stringValue, !waiting.isEmpty { return waiting }
        guard let terminated = status.at("state", "terminated") else { return nil }
        if let reason = terminated["reason"]?.stringValue, !reason.isEmpty { return reason }
        if let signal = terminated["signal"]?.integerValue, signal != 0 { return "Signal:\(signal)" }
        return "ExitCode:\(terminated["exitCode"]?.integerValue ?? 0)"
    }
}

/// The columns of Jobs.
enum JobColumns {
    static let columns: [TableRenderer.Column] = [
        .init("Status") { job, _ in .string(status(job)) },
        .init("Completions") { job, _ in
            let succeeded = job.at("status", "succeeded")?.integerValue ?? 0
            if let wanted = job.at("spec", "completions")?.integerValue { return .string("\(succeeded)/\(wanted)") }
            let parallelism = job.at("spec", "parallelism")?.integerValue ?? 1
            return .string(parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1")
        },
        .init("Duration") { job, now in
            guard let start = time(job.at("status", "startTime")) else { return "" }
            return .string(TableRenderer.age(start, now: time(job.at("status", "completionTime")) ?? now))
        },
    ]

    private static func time(_ value: JSONValue?) -> Timestamp? { value?.stringValue.flatMap { Timestamp($0) } }

    private static func status(_ job: JSONValue) -> String {
        let conditions = (job.at("status", "conditions")?.arrayValue ?? []).filter { $0["status"] == "True" }
            .compactMap { $0["type"]?.stringValue }
        if conditions.contains("Complete") { return "Complete" }
        if conditions.contains("Failed") { return "Failed" }
        if job.isBeingDeleted { return "Terminating" }
        if conditions.contains("Suspended") { return "Suspended" }
        if conditions.contains("FailureTarget") { return "FailureTarget" }
        if conditions.contains("SuccessCriteriaMet") { return "SuccessCriteriaMet" }
        return "Running"
    }
}
