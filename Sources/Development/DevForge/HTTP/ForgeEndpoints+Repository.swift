// SPDX-License-Identifier: MIT
import Cryptography
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var repositoryRoutes: [ForgeRoute] {
        let base = "/repos/{owner}/{repo}"
        return [
            ForgeRoute(.get, base, .repository(.metadata)) { request in
                let role = request.actor.role(in: request.repository)
                return .json(request.renderer.repository(request.repository, viewer: role))
            },
            ForgeRoute(.get, "\(base)/collaborators/{login}/permission", .repository(.metadata), permission),
            ForgeRoute(.put, "\(base)/collaborators/{login}", .repository(.administer), addCollaborator),
            ForgeRoute(.delete, "\(base)/collaborators/{login}", .repository(.administer)) { request in
                try await setRole(nil, of: request.parameter("login"), request)
                return .noContent
            },
            ForgeRoute(.get, "\(base)/rules/branches/{branch*}", .repository(.metadata), branchRules),
            ForgeRoute(.get, "\(base)/rulesets", .repository(.metadata)) { request in
                Pagination(request).reply(request.repository.rulesets) { ruleset($0, request, whole: false) }
            },
            ForgeRoute(.get, "\(base)/rulesets/{id}", .repository(.metadata)) { request in
                let id = try request.number("id")
                guard let found = request.repository.rulesets.first(where: { $0.id == id }) else {
                    throw ForgeFailure.notFound
                }
                return .json(ruleset(found, request, whole: true))
            },
            ForgeRoute(.post, "\(base)/rulesets", .repository(.administer), createRuleset),
            ForgeRoute(.delete, "\(base)/rulesets/{id}", .repository(.administer)) { request in
                let id = try request.number("id")
                try await changeRepository(request) { repository in
                    guard repository.rulesets.contains(where: { $0.id == id }) else { throw ForgeFailure.notFound }
                    repository.rulesets.removeAll { $0.id == id }
                }
                return .noContent
            },
            ForgeRoute(.get, "\(base)/contents/{path*}", .repository(.readContents), contents),
            ForgeRoute(.put, "\(base)/contents/{path*}", .repository(.writeContents), putContents),
        ]
    }

    // MARK: People

    private func permission(_ request: ForgeRequest) async throws -> ForgeReply {
        guard let user = request.state.user(login: request.parameter("login")) else { throw ForgeFailure.notFound }
        // The bot's rights are its installation's, not a collaborator's.
        let isBot = user.id == request.state.app?.bot
        let role = isBot ? .none : request.repository.role(of: user.id)
        return .json([
            "permission": .string(role.permission), "user": request.renderer.user(user),
            "role_name": .string(role.rawValue),
        ])
    }

    private func addCollaborator(_ request: ForgeRequest) async throws -> ForgeReply {
        let words = ["pull": ForgeRole.read, "push": .write]
        let word = try request.json()["permission"]?.stringValue ?? "push"
        guard let role = words[word] ?? ForgeRole(rawValue: word) else {
            throw ForgeFailure.validation("Repository", field: "permission", code: "invalid")
        }
        try await setRole(role, of: request.parameter("login"), request)
        return .noContent
    }

    private func setRole(_ role: ForgeRole?, of login: String, _ request: ForgeRequest) async throws {
        guard let user = request.state.user(login: login) else { throw ForgeFailure.notFound }
        try await changeRepository(request) { $0.roles[user.id] = role }
    }

    private func changeRepository(
        _ request: ForgeRequest, _ change: @escaping @Sendable (inout ForgeRepository) throws -> Void
    ) async throws {
        try await commit(request) { transaction in
            guard var repository = transaction.state.repositories[request.repository.id] else {
                throw ForgeFailure.notFound
            }
            try change(&repository)
            transaction.put(.repository(repository))
        }
    }

    // MARK: Rules

    private func branchRules(_ request: ForgeRequest) async throws -> ForgeReply {
        let branch = request.parameter("branch")
        let rules = request.repository.rulesets.filter {
            $0.applies(to: branch, defaultBranch: request.repository.defaultBranch)
        }.flatMap { ruleset in ruleset.rules.map { (ruleset, $0) } }
        return Pagination(request).reply(rules) { ruleset, type in
            [
                "type": .string(type), "ruleset_source_type": "Repository",
                "ruleset_source": .string(request.repository.fullName), "ruleset_id": .integer(ruleset.id),
            ]
        }
    }

    private func ruleset(_ ruleset: ForgeRuleset, _ request: ForgeRequest, whole: Bool) -> JSONValue {
        var result: JSONObject = [
            "id": .integer(ruleset.id), "name": .string(ruleset.name), "target": "branch",
            "source_type": "Repository", "source": .string(request.repository.fullName),
            "enforcement": .string(ruleset.enforcement),
        ]
        guard whole else { return .object(result) }
        let isBound = PushRules.binding(request.actor, in: request.repository).contains(ruleset)
        result["current_user_can_bypass"] = .string(isBound ? "never" : "always")
        result["conditions"] = [
            "ref_name": [
                "include": .array(ruleset.include.map(JSONValue.string)),
                "exclude": .array(ruleset.exclude.map(JSONValue.string)),
            ]
        ]
        result["rules"] = .array(ruleset.rules.map { ["type": .string($0)] })
        return .object(result)
    }

    private func createRuleset(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        let condition = body.at("conditions", "ref_name")
        guard let name = body["name"]?.stringValue, let enforcement = body["enforcement"]?.stringValue else {
            throw ForgeFailure.validation("Ruleset", field: "name", code: "missing_field")
        }
        let bypass = body["bypass_actors"]?.arrayValue?.first?["actor_id"]?.integerValue
        // GitHub's numbers of the roles that may bypass: 2 maintain, 4 write, 5 admin.
        let roles: [Int64: ForgeRole] = [2: .maintain, 4: .write, 5: .admin]
        return try await commit(request) { transaction in
            let created = ForgeRuleset(
                id: transaction.nextID(), name: name, enforcement: enforcement,
                include: condition?["include"]?.names ?? [], exclude: condition?["exclude"]?.names ?? [],
                rules: (body["rules"]?.arrayValue ?? []).compactMap { $0["type"]?.stringValue },
                bypassRole: bypass.flatMap { roles[$0] })
            guard var repository = transaction.state.repositories[request.repository.id] else {
                throw ForgeFailure.notFound
            }
            repository.rulesets.append(created)
            transaction.put(.repository(repository))
            return .json(ruleset(created, request, whole: true), .created)
        }
    }

    // MARK: Files

    private func contents(_ request: ForgeRequest) async throws -> ForgeReply {
        let repository = git(request.repository)
        let path = request.parameter("path")
        guard let commit = try await repository.resolve(request.target["ref"] ?? request.repository.defaultBranch)
        else { throw ForgeFailure.notFound }
        let parts = path.split(separator: "/")
        let folder = parts.dropLast().joined(separator: "/")
        // One level of the tree is asked for; a path that is not there is no entry of its folder.
        guard let name = parts.last, let tree = try await repository.entries(of: folder, in: commit),
            let entry = tree.first(where: { $0.path == name })
        else { throw ForgeFailure.notFound }
        if entry.type == "tree" {
            let entries = try await repository.entries(of: path, in: commit) ?? []
            return .json(.array(entries.map { Self.content($0, path: "\(path)/\($0.path)") }))
        }
        var file = Self.content(entry, path: path)
        guard file["type"] == "file" else { return .json(file) }
        let content = try await repository.git(["cat-file", "blob", entry.sha])
        // As on GitHub: above 1 MB the content is left out, above 100 MB there is no answer.
        guard content.count <= 100 << 20 else {
            throw ForgeFailure(
                status: 403, message: "This API returns blobs up to 100 MB in size.",
                errors: [["resource": "Blob", "field": "data", "code": "too_large"]])
        }
        let isWhole = content.count <= 1 << 20
        file["encoding"] = isWhole ? "base64" : "none"
        file["content"] = .string(isWhole ? Self.lines(Base64.encode(content)) : "")
        return .json(file)
    }

    /// An entry of a tree without its content.
    private static func content(_ entry: GitTreeEntry, path: String) -> JSONValue {
        let type = switch (entry.type, entry.mode) {
        case ("tree", _): "dir"
        case ("commit", _): "submodule"
        case (_, "120000"): "symlink"
        default: "file"
        }
        return [
            "type": .string(type), "size": .integer(Int64(entry.size ?? 0)),
            "name": .string(path.split(separator: "/").last.map(String.init) ?? path), "path": .string(path),
            "sha": .string(entry.sha),
        ]
    }

    /// Base64 in lines of 60 characters, each ended, as GitHub writes it.
    private static func lines(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: 60).map { start in
            String(decoding: bytes[start..<min(start + 60, bytes.count)], as: UTF8.self) + "\n"
        }.joined()
    }

    private func putContents(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        let repository = git(request.repository)
        let branch = body["branch"]?.stringValue ?? request.repository.defaultBranch
        if let rule = PushRules.violation(.update, of: branch, by: request.actor, in: request.repository) {
            throw ForgeFailure(status: 409, message: "Repository rule violations found: \(rule)")
        }
        guard let tip = try await repository.resolve("refs/heads/\(branch)") else {
            throw ForgeFailure(status: 404, message: "Branch \(branch) not found")
        }
        let text = (body["content"]?.stringValue ?? "").filter { !$0.isWhitespace }
        guard let content = Base64.decode(text) else { throw ForgeFailure.unprocessable("content is not valid Base64") }
        let path = request.parameter("path")
        let commit = try await repository.commit(
            file: path, content: content, on: tip, message: body["message"]?.stringValue ?? "Update \(path)",
            by: signature(of: request.actor))
        do {
            try await repository.updateReference("refs/heads/\(branch)", to: commit, from: tip)
        } catch is GitError {
            throw ForgeFailure(status: 409, message: "\(branch) moved while the file was written")
        }
        try await refreshHeads(of: request.repository, baseURL: request.renderer.baseURL, by: request.actor)
        return .json(["content": ["path": .string(path)], "commit": ["sha": .string(commit)]], .created)
    }
}
