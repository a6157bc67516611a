// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import ServiceRuntime
import SourceProvider
import Synchronization

/// A code host in memory: one repository with one open issue, and whatever the operator makes of it.
final class MemoryForge: SourceProvider {
    struct State: Sendable {
        var labels: [String] = []
        var comments: [IssueComment] = []
        var pullRequest: PullRequest?
        /// What was pushed, by branch.
        var heads: [String: String] = ["main": String(repeating: "a", count: 40)]
        var reactions: [String] = []
    }

    let state = Mutex(State())
    private let app = SourceActor(id: 7, login: "codex[bot]", isBot: true)
    private let author = SourceActor(id: 8, login: "octocat", isBot: false)

    func push(_ branch: String, head: String) { state.withLock { $0.heads[branch] = head } }

    func identity() -> SourceActor { app }

    func repository(_ name: RepositoryName) -> SourceRepository {
        SourceRepository(id: 1, name: name, defaultBranch: "main")
    }

    func issue(_ number: Int, in repository: RepositoryName) -> SourceIssue {
        SourceIssue(
            number: number, title: "Say hello", body: "create hello.txt with hello", isOpen: true,
            labels: state.withLock { $0.labels }, author: author, url: "https://example.invalid/issues/\(number)")
    }

    func openIssues(labelled label: String, in repository: RepositoryName) -> [SourceIssue] { [] }
    func labelEvents(issue: Int, in repository: RepositoryName) -> [LabelEvent] { [] }
    func permission(of login: String, in repository: RepositoryName) -> RepositoryPermission { .write }

    func addLabels(_ labels: [String], issue: Int, in repository: RepositoryName) {
        state.withLock { state in state.labels += labels.filter { !state.labels.contains($0) } }
    }

    func removeLabel(_ label: String, issue: Int, in repository: RepositoryName) {
        state.withLock { $0.labels.removeAll { $0 == label } }
    }

    func react(_ content: String, issue: Int, in repository: RepositoryName) {
        state.withLock { $0.reactions.append(content) }
    }

    func comments(marker: String, issue: Int, in repository: RepositoryName) -> [IssueComment] {
        state.withLock { $0.comments.filter { $0.body.contains(marker) } }
    }

    func conversation(issue: Int, in repository: RepositoryName) -> [IssueComment] {
        state.withLock { $0.comments.filter { $0.author != app } }
    }

    func comment(_ id: Int64, in repository: RepositoryName) -> IssueComment? {
        state.withLock { $0.comments.first { $0.id == id } }
    }

    func createComment(_ body: String, issue: Int, in repository: RepositoryName) -> IssueComment {
        state.withLock { state in
            let comment = IssueComment(id: Int64(state.comments.count + 1), author: app, body: body, createdAt: .now)
            state.comments.append(comment)
            return comment
        }
    }

    func updateComment(_ id: Int64, body: String, in repository: RepositoryName) {
        state.withLock { state in
            for index in state.comments.indices where state.comments[index].id == id {
                state.comments[index].body = body
            }
        }
    }

    func deleteComment(_ id: Int64, in repository: RepositoryName) {
        state.withLock { $0.comments.removeAll { $0.id == id } }
    }

    func openPullRequest(head: String, in repository: RepositoryName) -> PullRequest? {
        state.withLock { state in state.pullRequest.flatMap { $0.headBranch == head ? $0 : nil } }
    }

    func pullRequest(_ number: Int, in repository: RepositoryName) throws(ProviderError) -> PullRequest {
        guard let known = state.withLock({ $0.pullRequest }), known.number == number else {
            throw ProviderError(code: .notFound, request: "pull request", message: "there is no \(number)")
        }
        return known
    }

    func createPullRequest(_ draft: PullRequestDraft, in repository: RepositoryName) -> PullRequest {
        state.withLock { state in
            let made = PullRequest(
                number: 1, url: "https://example.invalid/pull/1", title: draft.title, body: draft.body, isOpen: true,
                isMerged: false, headBranch: draft.headBranch, headSHA: state.heads[draft.headBranch] ?? "",
                headRepositoryID: 1, baseBranch: draft.baseBranch, baseRepositoryID: 1, author: app, labels: [])
            state.pullRequest = made
            return made
        }
    }

    func updatePullRequest(
        _ number: Int, title: String?, body: String?, in repository: RepositoryName
    ) throws(ProviderError) -> PullRequest {
        state.withLock { state in
            if let body { state.pullRequest?.body = body }
            if let title { state.pullRequest?.title = title }
        }
        return try pullRequest(number, in: repository)
    }

    func review(
        _ id: Int64, pullRequest: Int, in repository: RepositoryName
    ) throws(ProviderError) -> PullRequestReview {
        throw ProviderError(code: .notFound, request: "review", message: "there are none")
    }

    func recentPullRequests(in repository: RepositoryName) -> [PullRequest] { [] }
    func reviews(pullRequest: Int, in repository: RepositoryName) -> [PullRequestReview] { [] }
    func feedback(pullRequest: Int, in repository: RepositoryName) -> [ReviewFeedback] { [] }

    func branchHead(_ branch: String, in repository: RepositoryName) -> String? {
        state.withLock { $0.heads[branch] }
    }

    func compare(base: String, head: String, in repository: RepositoryName) -> CommitComparison {
        CommitComparison(aheadBy: base == head ? 0 : 1, behindBy: 0, mergeBase: base)
    }

    func tree(commit: String, in repository: RepositoryName) -> SourceTree {
        let hello = SourceTree.Entry(path: "hello.txt", mode: "100644", sha: commit)
        return SourceTree(entries: commit.hasPrefix("a") ? [] : [hello], isTruncated: false)
    }

    func file(_ path: String, commit: String, in repository: RepositoryName, limit: Int) -> [UInt8]? { nil }

    func confinesApp(branch: String, in repository: RepositoryName) -> Bool { true }

    func mintRunToken(_ repository: RepositoryName) -> RunToken {
        RunToken(token: Secret("token"), expiresAt: Timestamp.now.adding(.seconds(3600)))
    }

    func gitURL(_ repository: RepositoryName) -> String { "https://example.invalid/\(repository).git" }
}

/// The audit and the history of runs in memory.
final class MemoryAudit: AuditSink, RunHistory {
    struct State: Sendable {
        var events: [AuditEvent] = []
        var records: [String: RunRecord] = [:]
        var onceKeys: Set<String> = []
    }

    let state = Mutex(State())

    func record(_ events: [AuditEvent]) { state.withLock { $0.events += events } }

    func claim(_ record: RunRecord, recording facts: [AuditEvent]) -> LabelEventClaim {
        state.withLock { state in
            state.records[record.runUID] = record
            state.events += facts
        }
        return .granted
    }

    func save(_ record: RunRecord) { state.withLock { $0.records[record.runUID] = record } }
    func knownLabelEvents(_ ids: [Int64], repositoryID: Int64) -> Set<Int64> { [] }

    func runs(repositoryID: Int64, issue: Int, limit: Int) -> [RunRecord] {
        state.withLock { state in
            Array(state.records.values.filter { $0.repositoryID == repositoryID && $0.issue == issue }.prefix(limit))
        }
    }

    func lastStage(repositoryID: Int64, issue: Int) -> String? { nil }
    func runs(answering reviews: [Int64], repositoryID: Int64, issue: Int) -> [Int64: String] { [:] }

    func link(_ links: [TraceLink], runUID: String, recording facts: [AuditEvent]) { record(facts) }
    func claimOnce(_ key: String, runUID: String) -> Bool { state.withLock { $0.onceKeys.insert(key).inserted } }
}
