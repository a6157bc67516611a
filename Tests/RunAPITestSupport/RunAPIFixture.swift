// SPDX-License-Identifier: MIT
import AuditTrail
import JSONCoding
package import RunAPI
package import ServiceRuntime
import Synchronization

/// Knows callers by their tokens, which a test chooses.
package final class TokenTable: CallerReview {
    private let callers: Mutex<[String: Result<RunCaller, IdentityRefusal>]>
    private let asked = Mutex(0)

    /// A table with these callers.
    package init(_ callers: [String: RunCaller] = [:]) {
        self.callers = Mutex(callers.mapValues { .success($0) })
    }

    /// How often it was asked.
    package var count: Int { asked.withLock { $0 } }

    /// What a token means from now on.
    package func set(_ token: String, _ result: Result<RunCaller, IdentityRefusal>?) {
        callers.withLock { $0[token] = result }
    }

    package func caller(_ token: Secret<String>) async throws -> RunCaller {
        asked.withLock { $0 += 1 }
        guard let result = callers.withLock({ $0[token.reveal()] }) else {
            throw IdentityRefusal.unauthenticated("the token is not valid")
        }
        return try result.get()
    }
}

extension RunCaller {
    /// A pod of a run of issue 42 in repository 7.
    package static func pod(
        run: String = "run-1", attempt: Int = 1, issue: Int = 42, agent: String = "dev", created: Int64 = 1
    ) -> RunCaller {
        RunCaller(
            runUID: run, runName: "name-\(run)", correlationID: "c-\(run)", attempt: attempt, agent: agent,
            owner: SessionOwner(
                scope: SessionScope(repositoryID: 7, issue: issue, agent: agent), runUID: run, attempt: attempt,
                podCreated: Timestamp(microseconds: created * 1_000_000), branch: "codex/issue-\(issue)"))
    }
}

/// A run API on loopback with everything in memory.
package struct RunAPIFixture: Sendable {
    package let sessions = MemorySessionStore()
    package let progress = MemoryProgressStore()
    package let sink = MemorySink()
    package let metrics = MetricsRegistry()
    package let tokens: TokenTable
    package let budget: MemoryToolBudget
    /// The most bytes of a session.
    package let sessionLimit: Int

    /// With callers by their tokens.
    package init(
        _ callers: [String: RunCaller] = ["good": .pod()], sessionLimit: Int = 64 << 20, toolCalls: Int = .max
    ) {
        tokens = TokenTable(callers)
        budget = MemoryToolBudget(toolCalls)
        self.sessionLimit = sessionLimit
    }

    /// Serves while the body runs; it gets the base address.
    package func serve<T: Sendable>(
        logger: Logger = .disabled, _ body: @Sendable (_ url: String) async throws -> T
    ) async throws -> T {
        let server = RunAPIServer(
            .init(review: tokens, sessions: sessions, progress: progress, sink: sink, budget: budget, sessionLimit: sessionLimit),
            host: "127.0.0.1", port: 0, metrics: metrics, logger: logger)
        let serving = Task { try await server.run() }
        defer { serving.cancel() }
        let port = try await server.waitUntilListening()
        return try await body("http://127.0.0.1:\(port)")
    }
}
