// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime

/// Finds out who calls.
package protocol CallerReview: Sendable {
    /// Asks about a token.
    ///
    /// - Throws: `IdentityRefusal` when the bearer is nobody for us; any other error when it could not be found out.
    func caller(_ token: Secret<String>) async throws -> RunCaller
}

/// Asks the API server: whose token it is, and then pod, Job and run as they are now.
///
/// Of a pod that was seen less than a minute ago only the token and the run are asked about: two requests instead of
/// four.
package struct ClusterCallerReview: CallerReview {
    private let api: APIClient
    private let clock: WallClock
    private let memory: StandingMemory

    /// - Parameters:
    ///   - api: may be used by whoever does not lead: the only thing written is the review, which is a question.
    ///   - capacity: the most pods that are remembered.
    package init(api: APIClient, capacity: Int = 2000, clock: WallClock = .system) {
        self.api = api
        self.clock = clock
        memory = StandingMemory(capacity: capacity, clock: clock)
    }

    package func caller(_ token: Secret<String>) async throws -> RunCaller {
        let asked = clock.now()
        let review = try await api.create(
            [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                "spec": ["token": .string(token.reveal()), "audiences": [.string(Names.runAPIAudience)]],
            ], type: .tokenReview)
        let bearer = try RunIdentity.bearer(review)
        if let (pod, claim) = memory.standing(of: bearer) {
            let run = try await find(AgentRun.self, claim.run)
            if let caller = try? RunIdentity.caller(bearer, pod: pod, claim, run: run) { return caller }
            memory.forget(bearer)
        }
        let pod = try await find(Pod.self, ObjectKey(namespace: bearer.namespace, name: bearer.podName))
        let (owned, owner) = try RunIdentity.job(of: pod, bearer)
        let job = try await find(Job.self, ObjectKey(namespace: bearer.namespace, name: owner.name))
        let claim = try RunIdentity.claim(owned, job: job, owner)
        let caller = try RunIdentity.caller(bearer, pod: owned, claim, run: try await find(AgentRun.self, claim.run))
        memory.keep(owned, claim, of: bearer, asked: asked)
        return caller
    }

    private func find<R: Resource>(_ type: R.Type, _ key: ObjectKey) async throws -> R? {
        do throws(APIError) {
            return try await api.resource(R.self, namespace: key.namespace).get(key.name)
        } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }
}
