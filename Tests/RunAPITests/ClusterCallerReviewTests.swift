// SPDX-License-Identifier: MIT
import AuditTrail
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesClient
import KubernetesTestSupport
import RunAPI
import ServiceRuntime
import Synchronization
import Testing

/// A clock that a test moves.
final class HandClock: Sendable {
    private let microseconds = Mutex<Int64>(1_000_000_000)
    var clock: WallClock { WallClock { Timestamp(microseconds: self.microseconds.withLock { $0 }) } }
    func advance(seconds: Double) { microseconds.withLock { $0 += Int64(seconds * 1_000_000) } }
}

@Suite(.timeLimit(.minutes(1))) struct ClusterCallerReviewTests {
    private static let place = "codex-issue-42-dev-abc"

    /// An API server with one pod, its Job and its run.
    private static func answer(_ request: ServerRequest) -> ServerResponse {
        switch (request.method.rawValue, request.path) {
        case ("POST", "/apis/authentication.k8s.io/v1/tokenreviews"):
            let body = (try? JSONValue.parse(request.body)) ?? .null
            guard body.at("spec", "token") == "pod-token", body.at("spec", "audiences") == ["codex-k8s-run-api"] else {
                return .json(
                    ["kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "status": ["error": "no"]],
                    status: .created)
            }
            return .json(
                [
                    "kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1",
                    "status": [
                        "authenticated": true, "audiences": ["codex-k8s-run-api"],
                        "user": [
                            "username": .string("system:serviceaccount:\(place):agent"),
                            "extra": [
                                "authentication.kubernetes.io/pod-name": ["pod-1"],
                                "authentication.kubernetes.io/pod-uid": ["pod-uid"],
                            ],
                        ],
                    ],
                ], status: .created)
        case ("GET", "/api/v1/namespaces/\(place)/pods/pod-1"):
            return .json([
                "kind": "Pod", "apiVersion": "v1",
                "metadata": [
                    "name": "pod-1", "namespace": .string(place), "uid": "pod-uid",
                    "creationTimestamp": "2026-11-23T07:00:00Z",
                    "ownerReferences": [
                        [
                            "apiVersion": "batch/v1", "kind": "Job", "name": "job-1", "uid": "job-uid",
                            "controller": true,
                        ]
                    ],
                ],
            ])
        case ("GET", "/apis/batch/v1/namespaces/\(place)/jobs/job-1"):
            return .json([
                "kind": "Job", "apiVersion": "batch/v1",
                "metadata": [
                    "name": "job-1", "namespace": .string(place), "uid": "job-uid",
                    "labels": [
                        "codex-k8s.dev/run-name": "shop-42", "codex-k8s.dev/run-namespace": "codex-k8s",
                        "codex-k8s.dev/run-uid": "run-uid",
                    ],
                ],
            ])
        case ("GET", "/apis/codex-k8s.dev/v1alpha1/namespaces/codex-k8s/agentruns/shop-42"):
            return .json([
                "kind": "AgentRun", "apiVersion": "codex-k8s.dev/v1alpha1",
                "metadata": ["name": "shop-42", "namespace": "codex-k8s", "uid": "run-uid"],
                "spec": ["repository": "acme/shop", "issue": 42, "trigger": ["kind": "dev"]],
                "status": [
                    "phase": "Running", "namespace": .string(place), "job": "job-1", "branch": "codex/issue-42",
                    "attempt": 1, "repositoryID": 7, "effective": ["agent": "dev"],
                ],
            ])
        default: return .failure(404, "NotFound")
        }
    }

    @Test func theApiServerIsAskedForTokenPodJobAndRun() async throws {
        try await ScriptedServer.run({ Self.answer($0) }) { server in
            let review = ClusterCallerReview(api: server.client())
            let caller = try await review.caller(Secret("pod-token"))
            #expect(caller.runUID == "run-uid" && caller.owner.scope.issue == 42)
            #expect(caller.owner.podCreated.description == "2026-11-23T07:00:00Z")
            #expect(server.requestLines.count == 4)
            await #expect(throws: IdentityRefusal.self) { try await review.caller(Secret("other-token")) }
            #expect(server.requestLines.count == 5)
        }
    }

    /// The token and the run are asked about each time, pod and Job once a minute.
    @Test func aPodThatWasSeenIsAskedAboutLess() async throws {
        let now = HandClock()
        try await ScriptedServer.run({ Self.answer($0) }) { server in
            let review = ClusterCallerReview(api: server.client(), clock: now.clock)
            let first = try await review.caller(Secret("pod-token"))
            for requests in [6, 8, 10] {
                now.advance(seconds: 10)
                #expect(try await review.caller(Secret("pod-token")) == first)
                #expect(server.requestLines.count == requests)
            }
            #expect(server.requestLines.count { $0.contains("/pods/") } == 1)
            now.advance(seconds: 31)
            #expect(try await review.caller(Secret("pod-token")) == first)
            #expect(server.requestLines.count == 14)
        }
    }

    /// A no is never said from memory, and a run that ended is noticed at the next question.
    @Test func aRunThatEndedIsNoticedAtOnce() async throws {
        let ended = Mutex(false)
        try await ScriptedServer.run({ request in
            guard ended.withLock({ $0 }), request.path.hasSuffix("/agentruns/shop-42") else {
                return Self.answer(request)
            }
            return .json([
                "kind": "AgentRun", "apiVersion": "codex-k8s.dev/v1alpha1",
                "metadata": ["name": "shop-42", "namespace": "codex-k8s", "uid": "run-uid"],
                "spec": ["repository": "acme/shop", "issue": 42, "trigger": ["kind": "dev"]],
                "status": ["phase": "Succeeded"],
            ])
        }) { server in
            let review = ClusterCallerReview(api: server.client())
            _ = try await review.caller(Secret("pod-token"))
            ended.withLock { $0 = true }
            await #expect(throws: IdentityRefusal.forbidden("the run shop-42 has ended")) {
                try await review.caller(Secret("pod-token"))
            }
            #expect(server.requestLines.count == 4 + 5)
        }
    }

    @Test func anApiServerThatIsAwayIsNoRefusal() async throws {
        try await ScriptedServer.run({ _ in .failure(500, "InternalError") }) { server in
            await #expect(throws: APIError.self) {
                try await ClusterCallerReview(api: server.client()).caller(Secret("pod-token"))
            }
        }
    }
}
