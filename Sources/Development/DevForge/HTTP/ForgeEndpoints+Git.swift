// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var gitRoutes: [ForgeRoute] {
        let base = "/repos/{owner}/{repo}"
        return [
            ForgeRoute(.get, "\(base)/branches", .repository(.readContents), listBranches),
            ForgeRoute(.get, "\(base)/branches/{branch*}", .repository(.readContents), getBranch),
            ForgeRoute(.get, "\(base)/git/ref/{ref*}", .repository(.readContents), getReference),
            ForgeRoute(.get, "\(base)/git/matching-refs/{ref*}", .repository(.readContents), matchingReferences),
            ForgeRoute(.post, "\(base)/git/refs", .repository(.writeContents), createReference),
            ForgeRoute(.patch, "\(base)/git/refs/{ref*}", .repository(.writeContents), updateReference),
            ForgeRoute(.delete, "\(base)/git/refs/{ref*}", .repository(.writeContents), deleteReference),
            ForgeRoute(.get, "\(base)/git/commits/{sha}", .repository(.readContents)) { request in
                .json(Self.renderGitCommit(try await oneCommit(request.parameter("sha"), request), in: request))
            },
            ForgeRoute(.get, "\(base)/git/trees/{sha*}", .repository(.readContents), getTree),
            ForgeRoute(.get, "\(base)/commits", .repository(.readContents), listCommits),
            ForgeRoute(.get, "\(base)/commits/{sha*}", .repository(.readContents)) { request in
                .json(Self.render(try await oneCommit(request.parameter("sha"), request), in: request))
            },
            ForgeRoute(.get, "\(base)/compare/{range*}", .repository(.readContents), compare),
        ]
    }

    // MARK: Branches and references

    private func listBranches(_ request: ForgeRequest) async throws -> ForgeReply {
        let heads = try await git(request.repository).heads().sorted { $0.key < $1.key }
        return Pagination(request).reply(heads) { name, sha in
            [
                "name": .string(name), "commit": ["sha": .string(sha)],
                "protected": .bool(isProtected(name, request.repository)),
            ]
        }
    }

    private func getBranch(_ request: ForgeRequest) async throws -> ForgeReply {
        let name = request.parameter("branch")
        guard let sha = try await git(request.repository).resolve("refs/heads/\(name)") else {
            throw ForgeFailure(status: 404, message: "Branch not found")
        }
        return .json([
            "name": .string(name), "commit": Self.render(try await oneCommit(sha, request), in: request),
            "protected": .bool(isProtected(name, request.repository)),
        ])
    }

    private func isProtected(_ branch: String, _ repository: ForgeRepository) -> Bool {
        repository.rulesets.contains { $0.applies(to: branch, defaultBranch: repository.defaultBranch) }
    }

    private func getReference(_ request: ForgeRequest) async throws -> ForgeReply {
        let name = request.parameter("ref")
        guard let sha = try await git(request.repository).resolve("refs/\(name)") else { throw ForgeFailure.notFound }
        return .json(Self.reference("refs/\(name)", sha, request))
    }

    private func matchingReferences(_ request: ForgeRequest) async throws -> ForgeReply {
        let prefix = request.parameter("ref")
        let heads = try await git(request.repository).heads().map { ("heads/\($0.key)", $0.value) }
            .filter { $0.0.hasPrefix(prefix) }.sorted { $0.0 < $1.0 }
        return Pagination(request).reply(heads) { Self.reference("refs/\($0.0)", $0.1, request) }
    }

    private func createReference(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        let name = body["ref"]?.stringValue ?? ""
        let repository = git(request.repository)
        guard name.hasPrefix("refs/heads/"), name.count > 11 else {
            throw ForgeFailure.unprocessable("Reference name must start with 'refs' and have at least two slashes.")
        }
        guard let sha = try await repository.resolve(body["sha"]?.stringValue ?? "") else {
            throw ForgeFailure.unprocessable("Object does not exist")
        }
        try check(.creation, name, request)
        do {
            try await repository.updateReference(name, to: sha, from: nil)
        } catch is GitError {
            throw ForgeFailure.unprocessable("Reference already exists")
        }
        return .json(Self.reference(name, sha, request), .created)
    }

    private func updateReference(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        let name = "refs/" + request.parameter("ref")
        let repository = git(request.repository)
        guard let old = try await repository.resolve(name) else {
            throw ForgeFailure.unprocessable("Reference does not exist")
        }
        guard let sha = try await repository.resolve(body["sha"]?.stringValue ?? "") else {
            throw ForgeFailure.unprocessable("Object does not exist")
        }
        try check(.update, name, request)
        if body["force"]?.boolValue != true {
            guard try await repository.isAncestor(old, of: sha) else {
                throw ForgeFailure.unprocessable("Update is not a fast forward")
            }
        }
        try await repository.updateReference(name, to: sha, from: old)
        try await refreshHeads(of: request.repository, baseURL: request.renderer.baseURL, by: request.actor)
        return .json(Self.reference(name, sha, request))
    }

    private func deleteReference(_ request: ForgeRequest) async throws -> ForgeReply {
        let name = "refs/" + request.parameter("ref")
        let repository = git(request.repository)
        guard let old = try await repository.resolve(name) else {
            throw ForgeFailure.unprocessable("Reference does not exist")
        }
        try check(.deletion, name, request)
        try await repository.updateReference(name, to: nil, from: old)
        try await refreshHeads(of: request.repository, baseURL: request.renderer.baseURL, by: request.actor)
        return .noContent
    }

    private func check(_ change: PushRules.Change, _ name: String, _ request: ForgeRequest) throws {
        guard name.hasPrefix("refs/heads/") else { return }
        let branch = String(name.dropFirst("refs/heads/".count))
        if let rule = PushRules.violation(change, of: branch, by: request.actor, in: request.repository) {
            throw ForgeFailure.unprocessable("Repository rule violations found\n\nCannot change this ref: \(rule)")
        }
    }

    private static func reference(_ name: String, _ sha: String, _ request: ForgeRequest) -> JSONValue {
        let url = request.renderer.repositoryURL(request.repository)
        return [
            "ref": .string(name), "node_id": .string("REF_\(sha)"), "url": .string("\(url)/git/\(name)"),
            "object": ["sha": .string(sha), "type": "commit", "url": .string("\(url)/git/commits/\(sha)")],
        ]
    }

    // MARK: Commits and trees

    private func oneCommit(_ revision: String, _ request: ForgeRequest) async throws -> GitCommit {
        let repository = git(request.repository)
        guard let sha = try await repository.resolve(revision),
            let commit = try await repository.commits([sha], limit: 1).first
        else { throw ForgeFailure.unprocessable("No commit found for SHA: \(revision)") }
        return commit
    }

    private func listCommits(_ request: ForgeRequest) async throws -> ForgeReply {
        let repository = git(request.repository)
        guard let sha = try await repository.resolve(request.target["sha"] ?? request.repository.defaultBranch)
        else { throw ForgeFailure.notFound }
        let commits = try await repository.commits([sha], limit: 1000)
        return Pagination(request).reply(commits) { Self.render($0, in: request) }
    }

    private func getTree(_ request: ForgeRequest) async throws -> ForgeReply {
        let repository = git(request.repository)
        let name = request.parameter("sha")
        // A tree is named by its own hash, by a commit or by a branch.
        var tree: String?
        if !name.hasPrefix("-") {
            tree = try? await repository.line([
                "rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{tree}",
            ])
        }
        guard let tree else { throw ForgeFailure.notFound }
        let recursive = request.target["recursive"]
        let all = try await repository.tree(
            tree, recursive: recursive != nil && recursive != "0" && recursive != "false")
        let url = request.renderer.repositoryURL(request.repository)
        let entries: [JSONValue] = all.prefix(treeLimit).map { entry in
            var result: JSONObject = [
                "path": .string(entry.path), "mode": .string(entry.mode), "type": .string(entry.type),
                "sha": .string(entry.sha),
            ]
            if let size = entry.size { result["size"] = .integer(Int64(size)) }
            return .object(result)
        }
        return .json([
            "sha": .string(tree), "url": .string("\(url)/git/trees/\(tree)"), "tree": .array(entries),
            "truncated": .bool(all.count > treeLimit),
        ])
    }

    private func compare(_ request: ForgeRequest) async throws -> ForgeReply {
        let range = request.parameter("range")
        let repository = git(request.repository)
        guard let dots = range.firstRange(of: "...") else { throw ForgeFailure.notFound }
        guard let base = try await repository.resolve(branch(String(range[..<dots.lowerBound]))),
            let head = try await repository.resolve(branch(String(range[dots.upperBound...])))
        else { throw ForgeFailure.notFound }
        guard let mergeBase = try await repository.mergeBase(base, head) else {
            throw ForgeFailure(status: 404, message: "No common ancestor between \(base) and \(head).")
        }
        let (behind, ahead) = try await repository.divergence(base: base, head: head)
        let commits = try await repository.commits(["\(base)..\(head)"], limit: 250)
        let files = try await repository.changes(from: mergeBase, to: head).prefix(300)
        let status = ahead == 0 ? (behind == 0 ? "identical" : "behind") : (behind == 0 ? "ahead" : "diverged")
        return .json([
            "status": .string(status), "ahead_by": .integer(Int64(ahead)), "behind_by": .integer(Int64(behind)),
            "total_commits": .integer(Int64(ahead)),
            "base_commit": Self.render(try await oneCommit(base, request), in: request),
            "merge_base_commit": Self.render(try await oneCommit(mergeBase, request), in: request),
            "commits": .array(commits.reversed().map { Self.render($0, in: request) }),
            "files": .array(files.map(Self.render)),
        ])
    }

    /// `OWNER:BRANCH` or a revision.
    private func branch(_ text: String) -> String {
        text.split(separator: ":", maxSplits: 1).last.map(String.init) ?? text
    }

    static func render(_ commit: GitCommit, in request: ForgeRequest) -> JSONValue {
        let url = request.renderer.repositoryURL(request.repository)
        return [
            "sha": .string(commit.sha), "node_id": .string("C_\(commit.sha)"),
            "url": .string("\(url)/commits/\(commit.sha)"),
            "html_url": .string("\(request.renderer.baseURL)/\(request.repository.fullName)/commit/\(commit.sha)"),
            "commit": [
                "author": signature(commit.author), "committer": signature(commit.committer),
                "message": .string(commit.message), "tree": ["sha": .string(commit.tree)],
            ],
            "author": .null, "committer": .null, "parents": .array(commit.parents.map { ["sha": .string($0)] }),
        ]
    }

    private static func renderGitCommit(_ commit: GitCommit, in request: ForgeRequest) -> JSONValue {
        let url = request.renderer.repositoryURL(request.repository)
        return [
            "sha": .string(commit.sha), "node_id": .string("C_\(commit.sha)"),
            "url": .string("\(url)/git/commits/\(commit.sha)"), "author": signature(commit.author),
            "committer": signature(commit.committer), "message": .string(commit.message),
            "tree": ["sha": .string(commit.tree), "url": .string("\(url)/git/trees/\(commit.tree)")],
            "parents": .array(commit.parents.map { ["sha": .string($0)] }),
        ]
    }

    private static func signature(_ signature: GitSignature) -> JSONValue {
        ["name": .string(signature.name), "email": .string(signature.email), "date": .string(signature.date)]
    }
}
