// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI
import RunAPI
import Testing

/// Everything that a decision is made of, all of it right; each test changes one thing.
private struct Facts {
    var review: JSONValue = [
        "status": [
            "authenticated": true, "audiences": ["codex-k8s-run-api"],
            "user": [
                "username": "system:serviceaccount:codex-issue-42-dev-abc:agent",
                "extra": [
                    "authentication.kubernetes.io/pod-name": ["job-1-xyz"],
                    "authentication.kubernetes.io/pod-uid": ["pod-uid"],
                ],
            ],
        ]
    ]
    var pod: Pod? = {
        var metadata = ObjectMeta(name: "job-1-xyz", namespace: "codex-issue-42-dev-abc", uid: "pod-uid")
        metadata.creationTimestamp = Timestamp(microseconds: 5_000_000)
        metadata.ownerReferences = [
            OwnerReference(apiVersion: "batch/v1", kind: "Job", name: "job-1", uid: "job-uid", controller: true)
        ]
        var status = PodStatus()
        status.phase = .running
        return Pod(metadata: metadata, status: status)
    }()
    var job: Job? = {
        var metadata = ObjectMeta(name: "job-1", namespace: "codex-issue-42-dev-abc", uid: "job-uid")
        metadata.labels = [
            Keys.runName: "shop-42", Keys.runNamespace: "codex-k8s", Keys.runUID: "run-uid", Keys.attempt: "1",
        ]
        return Job(metadata: metadata)
    }()
    var run: AgentRun? = {
        var run = AgentRun(
            metadata: ObjectMeta(name: "shop-42", namespace: "codex-k8s", uid: "run-uid"),
            spec: AgentRunSpec(repository: "acme/shop", issue: 42, trigger: .init(kind: "dev")))
        var status = AgentRunStatus()
        status.phase = .running
        status.namespace = "codex-issue-42-dev-abc"
        status.job = "job-1"
        status.branch = "codex/issue-42"
        status.attempt = 1
        status.repositoryID = 7
        var effective = AgentRunStatus.EffectiveSettings()
        effective.agent = "dev"
        effective.model = .init(value: "m-1", source: "label")
        status.effective = effective
        run.status = status
        return run
    }()

    enum Verdict: Equatable { case caller, unauthenticated, forbidden, notYet }

    func decide() throws(IdentityRefusal) -> RunCaller {
        let bearer = try RunIdentity.bearer(review)
        let (owned, owner) = try RunIdentity.job(of: pod, bearer)
        let claim = try RunIdentity.claim(owned, job: job, owner)
        guard claim.run == ObjectKey(namespace: "codex-k8s", name: "shop-42") else { throw .forbidden("another run") }
        return try RunIdentity.caller(bearer, pod: owned, claim, run: run)
    }

    var verdict: Verdict {
        do throws(IdentityRefusal) {
            _ = try decide()
            return .caller
        } catch {
            switch error {
            case .unauthenticated: return .unauthenticated
            case .forbidden: return .forbidden
            case .notYet: return .notYet
            }
        }
    }
}

@Suite struct RunIdentityTests {
    @Test func thePodOfTheJobOfTheRunIsTheRun() throws {
        let caller = try Facts().decide()
        #expect(caller.runUID == "run-uid" && caller.attempt == 1 && caller.agent == "dev")
        #expect(
            caller.owner.scope.repositoryID == 7 && caller.owner.scope.issue == 42 && caller.owner.scope.agent == "dev")
        #expect(
            caller.owner.podCreated == Timestamp(microseconds: 5_000_000) && caller.owner.branch == "codex/issue-42")
        #expect(caller.owner.model == "m-1")
    }

    private static let changes: [(String, Facts.Verdict, @Sendable (inout Facts) -> Void)] = [
        ("not authenticated", .unauthenticated, { $0.review.setValue(false, at: ["status", "authenticated"]) }),
        ("no status", .unauthenticated, { $0.review = [:] }),
        (
            "for the API server", .unauthenticated,
            { $0.review.setValue(["https://kubernetes.default.svc"], at: ["status", "audiences"]) }
        ),
        ("for nobody", .unauthenticated, { $0.review.setValue([], at: ["status", "audiences"]) }),
        ("a person", .forbidden, { $0.review.setValue("ada", at: ["status", "user", "username"]) }),
        (
            "a user named like an account", .forbidden,
            { $0.review.setValue("system:serviceaccount:a:b:c", at: ["status", "user", "username"]) }
        ),
        // The account's name is right, and proves nothing.
        ("not bound to a pod", .forbidden, { $0.review.setValue([:], at: ["status", "user", "extra"]) }),
        (
            "bound to two pods", .forbidden,
            {
                $0.review.setValue(
                    ["pod-uid", "other"], at: ["status", "user", "extra", "authentication.kubernetes.io/pod-uid"])
            }
        ),
        ("another pod of that name", .forbidden, { $0.pod?.metadata.uid = "newer" }),
        ("the pod is gone", .forbidden, { $0.pod = nil }),
        ("a pod of another namespace", .forbidden, { $0.pod?.metadata.namespace = "codex-issue-9-dev-abc" }),
        ("the pod ended well", .forbidden, { $0.pod?.status.phase = .succeeded }),
        ("the pod failed", .forbidden, { $0.pod?.status.phase = .failed }),
        ("a pod without owner", .forbidden, { $0.pod?.metadata.ownerReferences = [] }),
        ("an owner that does not control it", .forbidden, { $0.pod?.metadata.ownerReferences[0].controller = nil }),
        ("owned by a ReplicaSet", .forbidden, { $0.pod?.metadata.ownerReferences[0].kind = "ReplicaSet" }),
        ("owned by another Job group", .forbidden, { $0.pod?.metadata.ownerReferences[0].apiVersion = "evil/v1" }),
        ("the Job is gone", .forbidden, { $0.job = nil }),
        ("another Job of that name", .forbidden, { $0.job?.metadata.uid = "newer" }),
        ("a Job of nobody", .forbidden, { $0.job?.metadata.labels = [:] }),
        ("a Job that names another run", .forbidden, { $0.job?.metadata.labels[Keys.runName] = "shop-43" }),
        ("a Job of an earlier run of that name", .forbidden, { $0.job?.metadata.labels[Keys.runUID] = "older" }),
        ("the run is gone", .forbidden, { $0.run = nil }),
        ("the run succeeded", .forbidden, { $0.run?.status?.phase = .succeeded }),
        ("the run failed", .forbidden, { $0.run?.status?.phase = .failed }),
        ("the run was cancelled", .forbidden, { $0.run?.status?.phase = .cancelled }),
        ("the run was rejected", .forbidden, { $0.run?.status?.phase = .rejected }),
        ("the run works elsewhere", .forbidden, { $0.run?.status?.namespace = "codex-issue-9-dev-abc" }),
        (
            "the run has a later Job", .forbidden,
            {
                $0.run?.status?.job = "job-2"
                $0.run?.status?.attempt = 2
            }
        ),
        (
            "the Job came a moment before the status", .notYet,
            {
                $0.job?.metadata.labels[Keys.attempt] = "2"
                $0.run?.status?.job = "job-0"
            }
        ),
        ("the run does not know its Job yet", .notYet, { $0.run?.status?.job = nil }),
        ("the run has no branch", .forbidden, { $0.run?.status?.branch = nil }),
        ("the run waits", .caller, { $0.run?.status?.phase = .waiting }),
        ("the run publishes", .caller, { $0.run?.status?.phase = .publishing }),
        // A pod that is told to end still saves its session, although its Job went at once.
        (
            "the pod is being deleted after its Job", .caller,
            {
                $0.pod?.metadata.deletionTimestamp = Timestamp(microseconds: 9)
                $0.pod?.metadata.labels = $0.job?.metadata.labels ?? [:]
                $0.job = nil
            }
        ),
        (
            "the same, of an earlier Job", .forbidden,
            {
                $0.pod?.metadata.deletionTimestamp = Timestamp(microseconds: 9)
                $0.pod?.metadata.labels = $0.job?.metadata.labels ?? [:]
                $0.job = nil
                $0.run?.status?.job = "job-1-r1"
            }
        ),
        (
            "the same, without the Job's labels", .forbidden,
            {
                $0.pod?.metadata.deletionTimestamp = Timestamp(microseconds: 9)
                $0.job = nil
            }
        ),
        ("the pod is being deleted", .caller, { $0.pod?.metadata.deletionTimestamp = Timestamp(microseconds: 9) }),
    ]

    @Test(arguments: 0..<changes.count) func oneChange(number: Int) {
        let (name, expected, change) = Self.changes[number]
        var facts = Facts()
        change(&facts)
        #expect(facts.verdict == expected, "\(name)")
    }
}
