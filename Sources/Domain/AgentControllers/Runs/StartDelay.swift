// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// Why a Job has no pod, or its pod no running agent, where no container says so: pure.
///
/// The Job controller (a quota, a limit range, pod security, a webhook), the scheduler and the kubelet (a volume that is
/// not there) say it in events and in the pod's conditions alone.
struct StartDelay: Equatable {
    /// For people, in the words of whoever holds the pod up.
    var message: String
    /// Whether waiting on has no point.
    var isOver: Bool

    /// How long a beginning is nothing to talk of.
    static let silence = Duration.seconds(15)
    /// How long a Job may be refused its pod: a quota may get room, and a webhook may come back.
    static let patience = Duration.seconds(5 * 60)

    /// Since when the pod, or its Job where there is none, is there: what is held up, and what its events are about.
    static func subject(job: Job?, pod: Pod?) -> ObjectMeta? {
        if let pod { return pod.status.container("agent")?.state.running == nil ? pod.metadata : nil }
        return job?.isFinished == false ? job?.metadata : nil
    }

    /// What holds up the beginning; nil while that is nothing to talk of.
    ///
    /// - Parameter events: the events about the subject (core/v1), in any order.
    static func of(job: Job?, pod: Pod?, events: [JSONValue], now: Timestamp) -> StartDelay? {
        guard let since = subject(job: job, pod: pod)?.creationTimestamp, now.since(since) >= silence else {
            return nil
        }
        if let pod {
            if let scheduled = pod.status.conditions.first(where: { $0.type == "PodScheduled" }),
                scheduled.status == .false
            {
                return make("the pod has no node: \(scheduled.reason): \(scheduled.message)", isOver: false)
            }
            return warning(events).map { make("the pod does not start: \($0)", isOver: false) }
        }
        return warning(events, reason: "FailedCreate").map {
            make("the Job gets no pod: \($0)", isOver: now.since(since) >= patience)
        }
    }

    private static func make(_ message: String, isOver: Bool) -> StartDelay {
        StartDelay(message: RunLedger.bounded(message, to: 900), isOver: isOver)
    }

    /// The newest warning, in its words.
    private static func warning(_ events: [JSONValue], reason: String? = nil) -> String? {
        let warnings = events.filter { event in
            event["type"] == "Warning" && (reason == nil || event["reason"]?.stringValue == reason)
        }
        guard let newest = warnings.max(by: { moment($0) < moment($1) }) else { return nil }
        return
            "\(newest["reason"]?.stringValue ?? "Warning"): \(newest["message"]?.stringValue ?? "no reason was given")"
    }

    /// RFC 3339 texts of one form are in the order of their times.
    private static func moment(_ event: JSONValue) -> String {
        let times = ["lastTimestamp", "eventTime", "firstTimestamp"].compactMap { event[$0]?.stringValue }
        return String((times.max() ?? "").prefix(19))
    }
}
