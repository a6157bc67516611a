// SPDX-License-Identifier: MIT
package import AgentAPI
package import AuditTrail
package import JSONCoding
package import Prompts
package import SourceProvider
import Synchronization

/// Finds the templates that a run may get: those that were stored, and the seeds of the repository that it works on.
///
/// Many runs want the same at about the same time, so an answer is shared. What is stored is asked for anew after a
/// moment; a seed is of one commit and never changes. A failure is nobody's but the caller's who asked.
package final class PromptLibrary: Sendable {
    /// How long the answer about stored templates is used: so long after a change runs may begin with the earlier one.
    static let storedLifetime = Duration.seconds(2)
    /// How many seeds, there or not, are remembered.
    static let seedCapacity = 128

    private struct StoredKey: Hashable {
        var agent: String
        var kind: PromptKind
        var repositoryID: Int64?
    }

    private struct SeedKey: Hashable {
        var repository: String
        var commit: String
        var path: String
    }

    private struct State {
        var stored: [StoredKey: (task: Task<[StoredTemplate], any Error>, askedAt: Timestamp)] = [:]
        var seeds: [SeedKey: Task<TemplateCandidate?, any Error>] = [:]
        /// The seeds in the order in which they were asked for.
        var order: [SeedKey] = []
    }

    /// Reads a file of at most so many bytes at a commit.
    package typealias FileReader = @Sendable (
        _ path: String, _ commit: String, _ repository: RepositoryName, _ limit: Int
    ) async throws(ProviderError) -> [UInt8]?

    private let readFile: FileReader?
    private let store: (any PromptTemplateStore)?
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// - Parameters:
    ///   - readFile: reads seeds; nil where none can be read.
    ///   - store: nil where no templates are stored.
    package init(
        readFile: FileReader?, store: (any PromptTemplateStore)?, now: @escaping @Sendable () -> Timestamp
    ) {
        self.readFile = readFile
        self.store = store
        self.now = now
    }

    /// Everything that is there beside the built-in templates.
    ///
    /// - Parameters:
    ///   - repositoryID: nil where it is not known; then those of all repositories alone.
    ///   - commit: where seeds are read; nil reads none.
    /// - Throws: `AuditError` and `ProviderError` when one of the two cannot be asked: the run waits then.
    package func candidates(
        agent: String, kind: PromptKind, locales: [PromptLocale], repository: RepositoryName, repositoryID: Int64?,
        commit: String?
    ) async throws -> [TemplateCandidate] {
        async let stored = stored(StoredKey(agent: agent, kind: kind, repositoryID: repositoryID))
        let seeds = try await seeds(agent: agent, kind: kind, locales: locales, repository: repository, commit: commit)
        return try await stored.map { template in
            TemplateCandidate(
                source: template.key.slot.scope == .global ? .globalOverride : .repositoryOverride,
                locale: template.key.slot.locale, version: String(template.key.version), body: template.body)
        } + seeds
    }

    private func stored(_ key: StoredKey) async throws -> [StoredTemplate] {
        guard let store else { return [] }
        let now = now()
        let task = state.withLock { state -> Task<[StoredTemplate], any Error> in
            if let known = state.stored[key], known.askedAt <= now, now.since(known.askedAt) < Self.storedLifetime {
                return known.task
            }
            // Unstructured on purpose: the question outlives the caller that happened to come first.
            let task = Task {
                try await store.activeTemplates(agent: key.agent, kind: key.kind, repositoryID: key.repositoryID)
            }
            // Nobody asks for what is old any more.
            state.stored = state.stored.filter { now.since($0.value.askedAt) < Self.storedLifetime }
            state.stored[key] = (task, now)
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { state in
                if state.stored[key]?.task == task { state.stored[key] = nil }
            }
            throw error
        }
    }

    private func seeds(
        agent: String, kind: PromptKind, locales: [PromptLocale], repository: RepositoryName, commit: String?
    ) async throws -> [TemplateCandidate] {
        guard let readFile, let commit else { return [] }
        return try await withThrowingTaskGroup(of: TemplateCandidate?.self) { group in
            for locale in locales {
                let path = BuiltInTemplates.seedPath(agent: agent, kind: kind, locale: locale)
                let key = SeedKey(repository: repository.description.lowercased(), commit: commit, path: path)
                group.addTask {
                    try await self.seed(key) {
                        try await Self.read(path, locale: locale, commit: commit, in: repository, readFile)
                    }
                }
            }
            return try await group.reduce(into: []) { seeds, seed in
                if let seed { seeds.append(seed) }
            }
        }
    }

    private func seed(
        _ key: SeedKey, _ read: @escaping @Sendable () async throws -> TemplateCandidate?
    ) async throws -> TemplateCandidate? {
        let task = state.withLock { state -> Task<TemplateCandidate?, any Error> in
            if let known = state.seeds[key] { return known }
            let task = Task { try await read() }
            state.seeds[key] = task
            state.order.append(key)
            if state.order.count > Self.seedCapacity { state.seeds[state.order.removeFirst()] = nil }
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { state in
                guard state.seeds[key] == task else { return }
                state.seeds[key] = nil
                state.order.removeAll { $0 == key }
            }
            throw error
        }
    }

    /// A file that the host does not give, or that is no text, is there and cannot be used: the run goes on without it,
    /// and says so.
    private static func read(
        _ path: String, locale: PromptLocale, commit: String, in repository: RepositoryName, _ readFile: FileReader
    ) async throws(ProviderError) -> TemplateCandidate? {
        var seed = TemplateCandidate(source: .repositorySeed, locale: locale, version: commit, body: "")
        do throws(ProviderError) {
            let limit = PromptTemplate.maximumBytes
            guard let bytes = try await readFile(path, commit, repository, limit) else { return nil }
            if let text = String(validating: bytes, as: UTF8.self) {
                seed.body = text
            } else {
                seed.problem = "\(path) is not UTF-8"
            }
        } catch {
            guard error.code == .invalid else { throw error }
            seed.problem = error.message
        }
        return seed
    }
}
