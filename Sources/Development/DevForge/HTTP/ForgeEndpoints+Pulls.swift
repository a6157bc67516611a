// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var pullRoutes: [ForgeRoute] {
        let base = "/repos/{owner}/{repo}/pulls"
        return [
            ForgeRoute(.get, base, .repository(.readPulls), listPulls),
            ForgeRoute(.post, base, .repository(.writePulls), createPull),
            ForgeRoute(.get, "\(base)/{number}", .repository(.readPulls), getPull),
            ForgeRoute(.patch, "\(base)/{number}", .repository(.review), updatePull),
            ForgeRoute(.get, "\(base)/{number}/files", .repository(.readPulls), listFiles),
            ForgeRoute(.get, "\(base)/{number}/commits", .repository(.readPulls), listCommits),
            ForgeRoute(.get, "\(base)/{number}/merge", .repository(.readPulls)) { request in
                guard try request.pull().mergedAt != nil else { throw ForgeFailure.notFound }
                return .noContent
            },
            ForgeRoute(.put, "\(base)/{number}/merge", .repository(.writeContents), merge),
        ]
    }

    private func listPulls(_ request: ForgeRequest) async throws -> ForgeReply {
        let query = request.target
        let wanted = query["state"] ?? "open"
        // `head` is OWNER:BRANCH; without an owner GitHub takes no notice of it, which has surprised many.
        let head = query["head"]?.split(separator: ":", maxSplits: 1).map(String.init)
        let pulls = request.state.pulls.values.filter { pull in
            guard pull.key.repository == request.repository.id, let issue = request.state.issues[pull.key] else {
                return false
            }
            guard wanted == "all" || issue.isClosed == (wanted == "closed") else { return false }
            if let base = query["base"], base != pull.base { return false }
            guard let head, head.count == 2 else { return true }
            return head[0].lowercased() == request.repository.owner.lowercased() && head[1] == pull.head
        }
        let isAscending = query["direction"] == "asc"
        func place(_ pull: ForgePullRequest) -> (Timestamp, Int) {
            let changed = query["sort"] == "updated" ? request.state.issues[pull.key]?.updatedAt : nil
            return (changed ?? Timestamp(microseconds: 0), pull.key.number)
        }
        let sorted = pulls.sorted { isAscending ? place($0) < place($1) : place($0) > place($1) }
        return Pagination(request).reply(sorted) { request.renderer.pull($0) }
    }

    private func createPull(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        let repository = git(request.repository)
        guard let head = body["head"]?.stringValue else {
            throw ForgeFailure.validation("PullRequest", field: "head", code: "missing_field")
        }
        guard let base = body["base"]?.stringValue else {
            throw ForgeFailure.validation("PullRequest", field: "base", code: "missing_field")
        }
        let parts = head.split(separator: ":", maxSplits: 1).map(String.init)
        let isOwn = parts.count < 2 || parts[0].lowercased() == request.repository.owner.lowercased()
        let branch = parts.last ?? head
        let headSHA = isOwn ? try await repository.resolve("refs/heads/\(branch)") : nil
        let baseSHA = try await repository.resolve("refs/heads/\(base)")
        var commits = 0
        if let headSHA, let baseSHA { commits = try await repository.divergence(base: baseSHA, head: headSHA).ahead }
        let new = NewPullRequest(
            title: body["title"]?.stringValue ?? "", body: body["body"]?.stringValue, head: branch, base: base,
            isDraft: body["draft"]?.boolValue ?? false, headSHA: headSHA, baseSHA: baseSHA, commits: commits)
        let pull = try await commit(request) { transaction in
            try transaction.createPull(new, in: request.repository, by: request.actor)
        }
        return try await render(pull.key, request, .created)
    }

    private func getPull(_ request: ForgeRequest) async throws -> ForgeReply {
        try await refreshHeads(of: request.repository, baseURL: request.renderer.baseURL, by: request.actor)
        return try await render(try request.pull().key, request, .ok)
    }

    private func updatePull(_ request: ForgeRequest) async throws -> ForgeReply {
        let pull = try request.pull()
        let body = try request.json()
        let isAuthor = request.state.issues[pull.key]?.author == request.actor.user.id
        guard isAuthor || request.actor.viaApp || request.actor.role(in: request.repository) >= .write else {
            throw ForgeFailure.mustHaveAdminRights
        }
        if pull.mergedAt != nil, body["state"]?.stringValue == "open" {
            throw ForgeFailure.validation("PullRequest", field: "state", code: "invalid")
        }
        if body["state"]?.stringValue == "open",
            try await git(request.repository).resolve("refs/heads/\(pull.head)") == nil
        {
            throw ForgeFailure.validation(
                "PullRequest", code: "custom",
                message: "state cannot be changed. The \(pull.head) branch has been deleted.")
        }
        try await commit(request) { transaction in
            if let base = body["base"]?.stringValue, var changed = transaction.state.pulls[pull.key] {
                changed.base = base
                transaction.put(.pull(changed))
            }
            try transaction.updateIssue(
                pull.key, title: body["title"]?.stringValue, body: body["body"],
                isClosed: body["state"]?.stringValue.map { $0 == "closed" }, by: request.actor)
        }
        return try await render(pull.key, request, .ok)
    }

    private func listFiles(_ request: ForgeRequest) async throws -> ForgeReply {
        let pull = try request.pull()
        let repository = git(request.repository)
        let base = try await repository.mergeBase(pull.baseSHA, pull.headSHA) ?? pull.baseSHA
        let changes = try await repository.changes(from: base, to: pull.headSHA)
        return Pagination(request).reply(changes) { Self.render($0) }
    }

    private func listCommits(_ request: ForgeRequest) async throws -> ForgeReply {
        let pull = try request.pull()
        let commits = try await git(request.repository).commits(["\(pull.baseSHA)..\(pull.headSHA)"], limit: 250)
        return Pagination(request).reply(commits.reversed()) { Self.render($0, in: request) }
    }

    private func merge(_ request: ForgeRequest) async throws -> ForgeReply {
        let pull = try request.pull()
        let body = try request.json()
        let repository = git(request.repository)
        let notMergeable = ForgeFailure(status: 405, message: "Pull Request is not mergeable")
        guard request.state.issues[pull.key]?.isClosed == false else { throw notMergeable }
        if let expected = body["sha"]?.stringValue, expected != pull.headSHA {
            throw ForgeFailure(status: 409, message: "Head branch was modified. Review and try the merge again.")
        }
        if let rule = PushRules.violation(.update, of: pull.base, by: request.actor, in: request.repository) {
            throw ForgeFailure(status: 405, message: "Repository rule violations found: \(rule)")
        }
        guard let base = try await repository.resolve("refs/heads/\(pull.base)"),
            let tree = try await repository.mergedTree(base, pull.headSHA)
        else { throw notMergeable }
        let title = request.state.issues[pull.key]?.title ?? ""
        let commit = try await repository.commit(
            tree: tree, parents: body["merge_method"]?.stringValue == "squash" ? [base] : [base, pull.headSHA],
            message: body["commit_message"]?.stringValue
                ?? "Merge pull request #\(pull.key.number) from \(pull.head)\n\n\(title)",
            by: signature(of: request.actor))
        try await repository.updateReference("refs/heads/\(pull.base)", to: commit, from: base)
        try await self.commit(request) { $0.recordMerge(pull.key, commit: commit, by: request.actor) }
        return .json(["sha": .string(commit), "merged": true, "message": "Pull Request successfully merged"])
    }

    /// One pull request with what git says about it.
    private func render(_ key: IssueKey, _ request: ForgeRequest, _ status: HTTPStatus) async throws -> ForgeReply {
        let state = store.snapshot
        guard let pull = state.pulls[key] else { throw ForgeFailure.notFound }
        let repository = git(request.repository)
        let base = try await repository.mergeBase(pull.baseSHA, pull.headSHA) ?? pull.baseSHA
        let changes = try await repository.changes(from: base, to: pull.headSHA)
        var isMergeable: Bool?
        if state.issues[key]?.isClosed == false, let tip = try await repository.resolve("refs/heads/\(pull.base)") {
            isMergeable = try await repository.mergedTree(tip, pull.headSHA) != nil
        }
        let facts = PullFacts(
            commits: try await repository.divergence(base: base, head: pull.headSHA).ahead,
            additions: changes.reduce(0) { $0 + $1.additions }, deletions: changes.reduce(0) { $0 + $1.deletions },
            changedFiles: changes.count, isMergeable: isMergeable)
        let renderer = ForgeRenderer(state: state, baseURL: request.renderer.baseURL)
        return .json(renderer.pull(pull, facts: facts), status)
    }

    func signature(of actor: ForgeActor) -> GitSignature {
        GitSignature(
            name: actor.user.login, email: "\(actor.user.id)+\(actor.user.login)@users.noreply.invalid",
            date: store.now.description)
    }

    static func render(_ change: GitChange) -> JSONValue {
        var result: JSONObject = [
            "sha": .string(change.sha), "filename": .string(change.path), "status": .string(change.status),
            "additions": .integer(Int64(change.additions)), "deletions": .integer(Int64(change.deletions)),
            "changes": .integer(Int64(change.additions + change.deletions)),
        ]
        if let previous = change.previousPath { result["previous_filename"] = .string(previous) }
        return .object(result)
    }
}
