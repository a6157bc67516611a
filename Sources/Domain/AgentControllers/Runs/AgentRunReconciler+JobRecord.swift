// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import Synchronization

extension AgentRunReconciler {
    /// The key of a Job among what is remembered of Jobs.
    func jobKey(_ run: AgentRun) -> String { "\(run.metadata.uid)|\(run.currentAttemptNumber)|\(run.resumption)" }

    /// Records that the attempt has its Job, joins the trace, and whatever else is a fact by now: all at once.
    func recordJob(
        _ run: AgentRun, namespace: String, jobName: String, created: Timestamp?, also facts: [AuditEvent] = []
    ) async throws(AuditError) {
        try await context.history.link(
            [
                TraceLink(.issue, "\(run.spec.repository)#\(run.spec.issue)", to: .run, run.metadata.uid),
                TraceLink(.run, run.metadata.uid, to: .namespace, namespace),
                TraceLink(.namespace, namespace, to: .job, jobName),
                TraceLink(.job, jobName, to: .branch, run.status?.branch ?? ""),
            ], runUID: run.metadata.uid,
            recording: facts + [
                event(
                    run, .jobCreated, key: run.jobKey,
                    [
                        "namespace": .string(namespace), "job": .string(jobName),
                        "created_at": created.map { .string($0.microDescription) } ?? nil,
                    ]),
                event(run, .runStarted),
            ])
        recordedJobs.withLock { _ = $0.insert(jobKey(run)) }
    }

    /// Records a Job that an earlier process made and may have had no time to record: once a process.
    func ensureJobRecorded(_ run: AgentRun, _ job: Job?) async throws(AuditError) {
        guard let namespace = run.status?.namespace, let name = run.status?.job,
            !recordedJobs.withLock({ $0.contains(jobKey(run)) })
        else { return }
        try await recordJob(run, namespace: namespace, jobName: name, created: job?.metadata.creationTimestamp)
    }
}
