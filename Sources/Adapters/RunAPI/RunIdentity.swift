// SPDX-License-Identifier: MIT
package import AgentAPI
import AuditTrail
package import JSONCoding
package import KubernetesAPI

/// Decides who calls: the pod that a token is bound to, if its owner is the Job in the status of a run that goes on.
///
/// The name of the service account proves nothing: every pod of its namespace can have it, and its token need not be
/// bound to any pod.
package enum RunIdentity {
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
        guard audiences.contains(.string(Names.runAPIAudience)) else {
            throw .unauthenticated("the token is not for the audience \(Names.runAPIAudience)")
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

    /// The pod of the token, and the Job that it belongs to.
    ///
    /// - Parameter pod: the pod of that name; nil when there is none.
    package static func job(of pod: Pod?, _ bearer: Bearer) throws(IdentityRefusal) -> (pod: Pod, job: OwnerReference) {
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
        return (pod, owner)
    }

    /// What Job and pod say of the run that they belong to; whether it is so is the run's to say.
    package struct Claim: Sendable, Hashable {
        /// The run's name and namespace.
        package var run: ObjectKey
        package var runUID: String
        package var jobName: String
        package var attempt: Int
        /// The Job is at work: it may be one that the run's status does not name yet.
        package var isAtWork: Bool
    }

    /// Reads which run a pod and its Job belong to.
    ///
    /// A pod that is told to end may save its session, although its Job went at once: its own labels, which the Job
    /// gave it, do then.
    ///
    /// - Parameter job: the Job of the owner's name; nil when there is none.
    package static func claim(_ pod: Pod, job: Job?, _ owner: OwnerReference) throws(IdentityRefusal) -> Claim {
        let labels: [String: String]
        if let job {
            guard job.metadata.uid == owner.uid else {
                throw .forbidden("the Job \(owner.name) is another one than the pod's")
            }
            labels = job.metadata.labels
        } else {
            guard pod.metadata.deletionTimestamp != nil else { throw .forbidden("the Job \(owner.name) is gone") }
            labels = pod.metadata.labels
        }
        guard let name = labels[Keys.runName], let namespace = labels[Keys.runNamespace], let uid = labels[Keys.runUID]
        else { throw .forbidden("the Job \(owner.name) belongs to no run") }
        return Claim(
            run: ObjectKey(namespace: namespace, name: name), runUID: uid, jobName: owner.name,
            attempt: labels[Keys.attempt].flatMap { Int($0) } ?? 0, isAtWork: job.map { !$0.isFinished } ?? false)
    }

    /// The caller, if the run says so itself.
    package static func caller(
        _ bearer: Bearer, pod: Pod, _ claim: Claim, run: AgentRun?
    ) throws(IdentityRefusal) -> RunCaller {
        guard let run, run.metadata.uid == claim.runUID, let status = run.status else {
            throw .forbidden("the run of the Job \(claim.jobName) is gone")
        }
        let name = run.metadata.name
        if run.phase.isTerminal { throw .forbidden("the run \(name) has ended") }
        guard let named = status.job else { throw .notYet("the run \(name) does not know its Job yet; ask again") }
        guard let attempt = status.attempt, attempt > 0, let branch = status.branch,
            let repositoryID = status.repositoryID, let agent = status.effective?.agent
        else { throw .forbidden("the run \(name) has not come so far that it could have a pod") }
        guard status.namespace == bearer.namespace else {
            throw .forbidden("the run \(name) works in another namespace")
        }
        if named != claim.jobName {
            let message = "the run \(name) goes on in another Job than \(claim.jobName)"
            // A new Job is there a moment before the status says so.
            throw claim.attempt >= attempt && claim.isAtWork ? .notYet(message) : .forbidden(message)
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
