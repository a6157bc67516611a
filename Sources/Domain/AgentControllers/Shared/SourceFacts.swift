// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import SourceProvider
import Synchronization

/// What the code host says about a repository as a whole, asked for once for all runs that want to know it at about the
/// same time: a burst of runs is no reason to ask the same thing a hundred times.
///
/// An answer is used for a few seconds; a failure is nobody's but the caller's who asked.
final class SourceFacts: Sendable {
    /// How long an answer about name, id and rules is used: no longer than an issue is left unlooked at.
    static let lifetime = Duration.seconds(15)
    /// How long the head of a base branch is used. A run may begin on a base that is this old, as if it had begun then.
    static let headLifetime = Duration.seconds(2)

    private struct Answer<Value: Sendable>: Sendable {
        var task: Task<Value, any Error>
        var askedAt: Timestamp
    }

    private struct State {
        var repositories: [String: Answer<SourceRepository>] = [:]
        var confinements: [String: Answer<Bool>] = [:]
        var heads: [String: Answer<String?>] = [:]
    }

    private let source: any SourceProvider
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(source: any SourceProvider, now: @escaping @Sendable () -> Timestamp) {
        self.source = source
        self.now = now
    }

    /// The repository under its present name.
    func repository(_ name: RepositoryName) async throws(ProviderError) -> SourceRepository {
        try await answer(\.repositories, name.description, Self.lifetime) { [source] in try await source.repository(name) }
    }

    /// Whether the rules keep our app to its own branches. All branches of ours are alike to the rules.
    func confinesApp(branch: String, in name: RepositoryName) async throws(ProviderError) -> Bool {
        try await answer(\.confinements, name.description, Self.lifetime) { [source] in
            try await source.confinesApp(branch: branch, in: name)
        }
    }

    /// The head of a base branch, which many runs begin on; `nil` when there is no such branch.
    func baseHead(_ branch: String, in name: RepositoryName) async throws(ProviderError) -> String? {
        try await answer(\.heads, "\(name) \(branch)", Self.headLifetime) { [source] in
            try await source.branchHead(branch, in: name)
        }
    }

    private func answer<Value: Sendable>(
        _ kind: any WritableKeyPath<State, [String: Answer<Value>]> & Sendable, _ key: String, _ lifetime: Duration,
        _ ask: @escaping @Sendable () async throws -> Value
    ) async throws(ProviderError) -> Value {
        let now = now()
        let task = state.withLock { state -> Task<Value, any Error> in
            if let known = state[keyPath: kind][key], now.since(known.askedAt) < lifetime, known.askedAt <= now {
                return known.task
            }
            // Unstructured on purpose: the request outlives the caller that happened to come first.
            let task = Task { try await ask() }
            state[keyPath: kind][key] = Answer(task: task, askedAt: now)
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { state in
                if state[keyPath: kind][key]?.task == task { state[keyPath: kind][key] = nil }
            }
            if let error = error as? ProviderError { throw error }
            throw ProviderError(code: .unavailable, request: "repository", message: "\(error)")
        }
    }
}
