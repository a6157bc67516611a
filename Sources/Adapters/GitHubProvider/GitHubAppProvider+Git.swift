// SPDX-License-Identifier: MIT
package import AgentAPI
import Cryptography
import HTTPTypes
import JSONCoding
package import SourceProvider

extension GitHubAppProvider {
    /// `GET git/ref/heads/BRANCH`.
    package func branchHead(_ branch: String, in repository: RepositoryName) async throws(ProviderError) -> String? {
        let name = PercentEncoding.encodePath(branch)
        let request = GitHubRequest(path: path(repository, "/git/ref/heads/\(name)"))
        do {
            let object = GitHubObject(try await send(request, in: repository).body, of: request.name)
            return try object.object("object").string("sha")
        } catch let error where error.code == .notFound {
            return nil
        }
    }

    /// `GET compare/BASE...HEAD`; only the counts are read.
    package func compare(
        base: String, head: String, in repository: RepositoryName
    ) async throws(ProviderError) -> CommitComparison {
        let range = "\(PercentEncoding.encode(base))...\(PercentEncoding.encode(head))"
        // The counts are of the whole range whatever the page; one commit a page keeps the answer small.
        let request = GitHubRequest(
            path: path(repository, "/compare/\(range)?per_page=1"), maximumBodyBytes: 64 << 20)
        do {
            let object = GitHubObject(try await send(request, in: repository).body, of: request.name)
            return CommitComparison(
                aheadBy: Int(try object.integer("ahead_by")), behindBy: Int(try object.integer("behind_by")),
                mergeBase: object.optionalObject("merge_base_commit")?.optionalString("sha"))
        } catch let error where error.code == .notFound && error.message.contains("No common ancestor") {
            // Unrelated histories: whatever the base has, the head lacks.
            return CommitComparison(aheadBy: 0, behindBy: 1, mergeBase: nil)
        }
    }

    /// `GET git/trees/COMMIT?recursive=1`.
    package func tree(commit: String, in repository: RepositoryName) async throws(ProviderError) -> SourceTree {
        let name = PercentEncoding.encode(commit)
        let request = GitHubRequest(
            path: path(repository, "/git/trees/\(name)?recursive=1"), maximumBodyBytes: 64 << 20)
        let object = GitHubObject(try await send(request, in: repository).body, of: request.name)
        var entries: [SourceTree.Entry] = []
        for entry in object.objects("tree") where entry.text("type") != "tree" {
            entries.append(
                SourceTree.Entry(
                    path: try entry.string("path"), mode: try entry.string("mode"), sha: try entry.string("sha")))
        }
        return SourceTree(entries: entries, isTruncated: object.flag("truncated"))
    }

    /// `GET contents/PATH?ref=COMMIT`, whose content is in Base64 up to 1 MB; above that GitHub gives the size alone.
    package func file(
        _ path: String, commit: String, in repository: RepositoryName, limit: Int
    ) async throws(ProviderError) -> [UInt8]? {
        let (name, reference) = (PercentEncoding.encodePath(path), PercentEncoding.encode(commit))
        let request = GitHubRequest(path: self.path(repository, "/contents/\(name)?ref=\(reference)"))
        let answer: JSONValue
        do {
            answer = try await send(request, in: repository).body
        } catch let error where error.code == .notFound {
            return nil
        } catch let error where error.code == .forbidden && error.message.lowercased().contains("too large") {
            // Above 100 MB: the file's own matter, and none of our rights.
            throw ProviderError(code: .invalid, request: error.request, message: error.message)
        }
        // A folder is a list; a link or a submodule says what it is.
        guard answer.arrayValue == nil else { return nil }
        let object = GitHubObject(answer, of: request.name)
        guard try object.string("type") == "file" else { return nil }
        let size = Int(try object.integer("size"))
        guard size <= limit else { throw Self.tooLarge(request, size: size, limit: limit) }
        guard object.text("encoding") == "base64" else {
            throw ProviderError(
                code: .invalid, request: request.name,
                message: "the file's \(size) bytes come in the encoding \"\(object.text("encoding"))\", not in Base64")
        }
        // GitHub breaks the lines.
        guard let content = Base64.decode(object.text("content").filter { !$0.isWhitespace }) else {
            throw ProviderError(code: .unavailable, request: request.name, message: "the content is not Base64")
        }
        guard content.count <= limit else { throw Self.tooLarge(request, size: content.count, limit: limit) }
        return content
    }

    private static func tooLarge(_ request: GitHubRequest, size: Int, limit: Int) -> ProviderError {
        ProviderError(
            code: .invalid, request: request.name, message: "the file has \(size) bytes; at most \(limit) are read")
    }

    /// `GET rules/branches/…` of the default branch and of one outside, and the rulesets found there.
    package func confinesApp(branch: String, in repository: RepositoryName) async throws(ProviderError) -> Bool {
        // GitHub gives no list of what may be pushed; a branch outside `codex/` that nobody made stands for all others.
        async let othersAnswer = rules(on: BranchConfinement.probe, in: repository)
        let known = try await self.repository(repository)
        let base = try await rules(on: known.defaultBranch, in: repository)
        let others: [BranchConfinement.Rule]
        do {
            others = try await othersAnswer
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(code: .unavailable, request: "GET rules/branches", message: "\(error)")
        }
        var bypassed: Set<Int64> = []
        for id in Set((base + others).map(\.ruleset)).sorted() where try await canBypass(ruleset: id, in: repository) {
            bypassed.insert(id)
        }
        return BranchConfinement.holds(base: base, others: others, bypassed: bypassed)
    }

    private func rules(
        on branch: String, in repository: RepositoryName
    ) async throws(ProviderError) -> [BranchConfinement.Rule] {
        let name = PercentEncoding.encodePath(branch)
        var rules: [BranchConfinement.Rule] = []
        for object in try await list(path(repository, "/rules/branches/\(name)"), in: repository) {
            rules.append(
                BranchConfinement.Rule(type: try object.string("type"), ruleset: try object.integer("ruleset_id")))
        }
        return rules
    }

    /// Whether our app passes a ruleset. What cannot be read counts as passed: the safe reading.
    private func canBypass(ruleset: Int64, in repository: RepositoryName) async throws(ProviderError) -> Bool {
        let request = GitHubRequest(path: path(repository, "/rulesets/\(ruleset)"))
        do {
            let object = GitHubObject(try await send(request, in: repository).body, of: request.name)
            return object.text("current_user_can_bypass") != "never"
        } catch let error where error.code == .notFound || error.code == .forbidden {
            return true
        }
    }

    /// `POST access_tokens` for one repository; not cached, since each run has its own.
    package func mintRunToken(_ repository: RepositoryName) async throws(ProviderError) -> RunToken {
        let installation = try await authenticator.installation(of: repository)
        let token = try await authenticator.mint(
            TokenScope(installation: installation, repository: repository, permissions: ["contents": "write"]))
        return RunToken(token: token.token, expiresAt: token.expiresAt)
    }

    /// The address below the configured one.
    package func gitURL(_ repository: RepositoryName) -> String {
        "\(configuration.gitURL)/\(repository.owner)/\(repository.name).git"
    }
}
