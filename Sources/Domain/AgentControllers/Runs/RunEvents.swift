// SPDX-License-Identifier: MIT
import AgentAPI
import ControllerRuntime
import KubernetesAPI

/// What `kubectl describe agentrun` tells of a change of a run's status: every phase, and what somebody may have to
/// mend. Pure.
enum RunEvents {
    /// Conditions whose absence is worth a warning as soon as it has one of these reasons; every other trouble ends in
    /// a phase that says so.
    private static let alarming: [(type: RunCondition, reasons: Set<Reason>)] = [
        (.audited, [.auditUnavailable]), (.namespaceReady, [.nameTaken]), (.agentCompleted, [.heartbeatLost, .nodeLost]),
    ]

    static func notes(before: AgentRun, after: AgentRun) -> [EventNote] {
        let run = ObjectReference(after)
        var notes: [EventNote] = []
        let conditions = after.status?.conditions ?? []
        for (type, reasons) in alarming {
            guard let condition = conditions.first(where: { $0.type == type.rawValue }), condition.status == .false,
                reasons.contains(where: { $0.rawValue == condition.reason }),
                before.status?.conditions?.first(where: { $0.type == type.rawValue })?.reason != condition.reason
            else { continue }
            notes.append(
                EventNote(
                    regarding: run, isWarning: true, reason: condition.reason, action: "Reconcile",
                    message: condition.message))
        }
        if let stopping = after.status?.stopping, before.status?.stopping?.reason != stopping.reason {
            notes.append(
                EventNote(
                    regarding: run, isWarning: false, reason: "Stopping", action: "Reconcile",
                    message: "The pod is being ended: \(stopping.message ?? stopping.reason)"))
        }
        if after.phase != before.phase {
            let ready = conditions.first { $0.type == RunCondition.ready.rawValue }
            let isWarning = after.phase == .failed || after.phase == .rejected
            let message = ready.map(\.message) ?? ""
            notes.append(
                EventNote(
                    regarding: run, isWarning: isWarning,
                    reason: isWarning ? ready?.reason ?? after.phase.rawValue : after.phase.rawValue,
                    action: "Reconcile",
                    message: message.isEmpty ? "The run is \(after.phase.rawValue)." : message))
        }
        return notes
    }
}
