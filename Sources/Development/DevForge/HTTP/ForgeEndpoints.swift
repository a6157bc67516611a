// SPDX-License-Identifier: MIT
import JSONCoding

/// The REST endpoints of the stand-in; each group of them is an extension in a file of its own.
struct ForgeEndpoints: Sendable {
    let store: ForgeStore
    /// The folder that holds the bare repositories.
    let repositories: String
    /// The most entries that a recursive tree listing gives before it says that it is truncated.
    let treeLimit: Int
    let dispatcher: WebhookDispatcher
    let gate: ForgeGate

    /// Every endpoint. Where two patterns fit a path, the first one in this order is meant.
    var routes: [ForgeRoute] {
        appRoutes + issueRoutes + labelRoutes + commentRoutes + pullRoutes + reviewRoutes + gitRoutes + repositoryRoutes
            + webhookRoutes + standInRoutes
    }

    func git(_ repository: ForgeRepository) -> GitRepository {
        GitRepository(path: "\(repositories)/\(repository.id).git")
    }

    /// Makes a change in the name of a request.
    func commit<Result: Sendable>(
        _ request: ForgeRequest, _ body: @escaping @Sendable (inout ForgeTransaction) throws -> Result
    ) async throws -> Result {
        try await store.commit(baseURL: request.renderer.baseURL, body)
    }

    /// Brings the open pull requests up to the branches in the repository.
    ///
    /// It looks again after each change: of two pushes at once, the one that read the branches first may write last.
    func refreshHeads(of repository: ForgeRepository, baseURL: String, by actor: ForgeActor) async throws {
        while true {
            let heads = try await git(repository).heads()
            let state = store.snapshot
            let isStale = state.pulls.values.contains {
                $0.key.repository == repository.id && state.issues[$0.key]?.isClosed == false
                    && heads[$0.head] != $0.headSHA
            }
            guard isStale else { return }
            try await store.commit(baseURL: baseURL) { $0.moveHeads(heads, in: repository.id, by: actor) }
        }
    }
}

extension JSONValue {
    /// Strings of an array, also where the elements are objects with a `name`, as GitHub takes labels.
    var names: [String] {
        (arrayValue ?? []).compactMap { $0.stringValue ?? $0["name"]?.stringValue }
    }
}
