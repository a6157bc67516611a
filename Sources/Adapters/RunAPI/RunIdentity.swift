// SPDX-License-Identifier: MIT
package import AgentAPI
import AuditTrail
package import JSONCoding
package import KubernetesAPI

/// Decides who calls: the pod that a token is bound to, if its owner is the Job in the status of a run that goes on.
///
/// The name of the service account proves nothing: every pod of its namespace can have it, and its token need not be bound
/// to any pod.
package enum RunIdentity {
    /// Whom the pods' tokens are for. A token for the API server is refused here, and the other way round.
    package static let audience = "codex-k8s-run-api"

    /// What a good token says of its bearer.
    package struct Bearer: Sendable, Hashable {
        /// The namespace of service account and pod.
        package var namespace: String
        package var podName: String
        package var podUID: String

        /// Names a pod.
        package init(namespace: String, podName: String, podUID: String) {
            self.namespace = namespace
            self.podName = podName
            self.podUID = podUID
        }
    }

    /// Reads the answer to a TokenReview (Kubernetes API, `authentication.k8s.io/v1`).
    package static func bearer(_ review: JSONValue) throws(IdentityRefusal) -> Bearer {
        guard review.at("status", "authenticated")?.boolValue == true else {
            // The server's own words may quote the token's claims; they are not for the caller.
            throw .unauthenticated("the token is not valid: it expired, or its pod is gone")
        }
        let audiences = review.at("status", "audiences")?.arrayValue ?? []
        guard audiences.contains(.string(audience)) else {
            throw .unauthenticated("the token is not for the audience \(audience)")
        }
        let user = review.at("status", "user")
        let words = (user?["username"]?.stringValue ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == "system", words[1] == "serviceaccount", !words[2].isEmpty else {
            throw .forbidden("the token belongs to no service account")
        }
        guard let name = only(user, "authentication.kubernetes.io/pod-name"),
            let uid = only(user, "authentication.kubernetes.io/pod-uid")
        else { throw .forbidden("the token is not bound to a pod; the name of a service account proves nothing") }
        return Bearer(namespace: String(words[2]), podName: name, podUID: uid)
    }

    private static func only(_ user: JSONValue?, _ name: String) -> String? {
        guard let values = user?.at("extra", name)?.arrayValue, values.count == 1 else { return nil }
        return values[0].stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The name of the Job that a pod belongs to.
    ///
    /// - Parameter pod: the pod of that name; nil when there is none.
    package static func job(of pod: Pod?, _ bearer: Bearer) throws(IdentityRefusal) -> OwnerReference {
        guard let pod, pod.metadata.uid == bearer.podUID, pod.metadata.namespace == bearer.namespace else {
            throw .forbidden("the pod \(bearer.podName) that the token is bound to is gone")
        }
        if pod.status.phase == .succeeded || pod.status.phase == .failed {
            throw .forbidden("the pod \(bearer.podName) has ended")
        }
        guard
            let owner = pod.metadata.ownerReferences.first(where: {
                $0.controller == true && $0.kind == "Job" && $0.apiVersion == "batch/v1"
            })
        else { throw .forbidden("the pod \(bearer.podName) belongs to no Job") }
        return owner
    }

    /// The run that a Job says it belongs to; whether that is so is decided by ``caller(_:pod:job:run:)``.
    package static func run(of job: Job?, _ owner: OwnerReference) throws(IdentityRefusal) -> ObjectKey {
        guard let job, job.metadata.uid == owner.uid else { throw .forbidden("the Job \(owner.name) is gone") }
        guard let name = job.metadata.labels[Keys.runName], let namespace = job.metadata.labels[Keys.runNamespace]
        else {
            throw .forbidden("the Job \(owner.name) belongs to no run")
        }
        return ObjectKey(namespace: namespace, name: name)
    }

    /// The caller, if the run says so itself.
    package static func caller(_ bearer: Bearer, pod: Pod, job: Job, run: AgentRun?) throws(IdentityRefusal)
        -> RunCaller
    {
        guard let run, run.metadata.uid == job.metadata.labels[Keys.runUID], let status = run.status else {
            throw .forbidden("the run of the Job \(job.metadata.name) is gone")
        }
        let name = run.metadata.name
        if run.phase.isTerminal { throw .forbidden("the run \(name) has ended") }
        guard let named = status.job else { throw .notYet("the run \(name) does not know its Job yet; ask again") }
        guard let attempt = status.attempt, attempt > 0, let branch = status.branch,
            let repositoryID = status.repositoryID, let agent = status.effective?.agent
        else { throw .forbidden("the run \(name) has not come so far that it could have a pod") }
        guard status.namespace == bearer.namespace, job.metadata.namespace == bearer.namespace else {
            throw .forbidden("the run \(name) works in another namespace")
        }
        if named != job.metadata.name {
            let message = "the run \(name) goes on in another Job than \(job.metadata.name)"
            // A new Job is there a moment before the status says so.
            let labelled = job.metadata.labels[Keys.attempt].flatMap { Int($0) } ?? 0
            throw labelled >= attempt && !job.isFinished ? .notYet(message) : .forbidden(message)
        }
        return RunCaller(
            runUID: run.metadata.uid, runName: name, correlationID: run.spec.trigger.correlationID ?? run.metadata.uid,
            attempt: attempt, agent: agent,
            owner: SessionOwner(
                scope: SessionScope(repositoryID: repositoryID, issue: run.spec.issue, agent: agent),
                runUID: run.metadata.uid, attempt: attempt,
                podCreated: pod.metadata.creationTimestamp ?? Timestamp(microseconds: 0), branch: branch,
                model: status.effective?.model?.value, reasoningEffort: status.effective?.reasoningEffort?.value))
    }
}
