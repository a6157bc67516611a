// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import RunAPI
import RunAPITestSupport
import ServiceRuntime
import SystemCalls

@testable import AgentRunner

/// Pods with a broker that leads to a run API in memory.
enum SessionPod {
    /// A run API that knows the pods `first` and `second` of the run of ``RunPod``, and `other` of another run.
    static func api(limit: Int = 64 << 20) -> RunAPIFixture {
        RunAPIFixture(
            [
                "first": .pod(run: "uid-1", attempt: 1, issue: 7, created: 1),
                "second": .pod(run: "uid-1", attempt: 2, issue: 7, created: 2),
                "third": .pod(run: "uid-1", attempt: 3, issue: 7, created: 3),
                "other": .pod(run: "uid-2", attempt: 1, issue: 7, created: 4),
            ], sessionLimit: limit)
    }

    /// An agent with a session: a line for each time that it worked, in a file of the session's name.
    static let agent = """
        id=${CODEXK8S_SESSION_ID:-s-1}; file="$CODEXK8S_SESSION_DIRECTORY/2026/$id.jsonl"; mkdir -p "${file%/*}"
        resumed=false; [ -n "$CODEXK8S_SESSION_ID" ] && resumed=true
        echo "{\\"attempt\\":$CODEXK8S_ATTEMPT}" >> "$file"
        printf '{"type":"session","id":"%s","resumed":%s}\\n' "$id" $resumed >> "$CODEXK8S_PROGRESS_FILE"
        printf '{"sessionID":"%s","sessionResumed":%s}' "$id" $resumed > "$CODEXK8S_AGENT_RESULT_FILE"
        """

    /// Runs a pod's broker while `body` runs.
    ///
    /// - Parameter token: which pod it is.
    static func with<T: Sendable>(
        _ token: String, of api: String, _ origin: String, _ body: @escaping @Sendable (RunPod) async throws -> T
    ) async throws -> T {
        let folder = try Files.temporaryDirectory(prefix: "run-api-token")
        defer { try? Files.remove(folder) }
        try Files.writeAtomically("\(folder)/token", Array("\(token)\n".utf8), durable: false)
        return try await RunPod.with(origin) { environment in
            environment[RunnerEnvironment.runAPIURL] = api
            environment[RunnerEnvironment.runAPITokenFile] = "\(folder)/token"
        } _: { pod in
            try await eventually { Files.exists("\(pod.folder)/broker/address") }
            return try await body(pod)
        }
    }

    /// A repository and a run API.
    static func inCluster(
        _ fixture: RunAPIFixture = api(),
        _ body: @escaping @Sendable (_ origin: GitOrigin, _ url: String, _ api: String) async throws -> Void
    ) async throws {
        let origin = try await GitOrigin()
        try await origin.serve { url in
            try await fixture.serve { api in try await body(origin, url, api) }
        }
    }
}

extension RunPod {
    /// The configuration of an attempt whose session is kept.
    func sessionConfiguration(
        agent script: String, attempt: Int = 1, session: String? = nil, limit: Int = 64 << 20
    ) throws -> RunnerConfiguration {
        var result = try configuration(agent: script) {
            $0[RunnerEnvironment.attempt] = String(attempt)
            $0[RunnerEnvironment.sessionLimit] = String(limit)
            $0[RunnerEnvironment.sessionID] = session
        }
        result.restorePatience = .seconds(2)
        return result
    }
}
