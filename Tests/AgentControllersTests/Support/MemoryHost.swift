// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SourceProvider
import Synchronization

/// A code host in memory: issues and pull requests of one series of numbers, and commits that know their parents and
/// files, so that ancestry and trees are what they are, not what a test says they are.
final class MemoryHost: SourceProvider {
    static let name = RepositoryName("acme/shop")
    static let app = SourceActor(id: 99, login: "codex-k8s[bot]", isBot: true)
    static let person = SourceActor(id: 7, login: "octo", isBot: false)

    struct Commit: Sendable {
        var parent: String?
        /// Mode by path; the content is the commit's that set it.
        var files: [String: SourceTree.Entry]
    }

    struct State: Sendable {
        var issues: [Int: SourceIssue] = [:]
        var pulls: [Int: PullRequest] = [:]
        var labels: [Int: [String]] = [:]
        var events: [Int: [LabelEvent]] = [:]
        var comments: [Int: [IssueComment]] = [:]
        var reviews: [Int: [PullRequestReview]] = [:]
        var branches: [String: String] = [:]
        var commits: [String: Commit] = [:]
        var next: Int64 = 1000
        /// The content of files, by path, at whatever commit.
        var contents: [String: [UInt8]] = [:]
        /// Why files cannot be read now.
        var contentsError: ProviderError?
        /// Commits whose tree the host does not give whole.
        var truncated: Set<String> = []
        /// The issues that healing gets to see: it would else start what other tests are about to start.
        var healable: Set<Int> = []
        /// Branches that no pull request is made from.
        var refused: Set<String> = []
        /// How many of the next calls whose name begins so fail, once their effect is done.
        var lostAnswers: [String: Int] = [:]
        var calls: [String] = []

        mutating func id() -> Int64 {
            next += 1
            return next
        }
    }

    let state = Mutex(State())

    init() {
        state.withLock { state in
            state.commits[Self.sha(1)] = Commit(parent: nil, files: ["README.md": Self.file("README.md", "100644", "1")])
            state.branches["main"] = Self.sha(1)
        }
    }

    static func sha(_ number: Int64) -> String {
        let hex = String(number, radix: 16)
        return String(repeating: "a", count: 40 - hex.count) + hex
    }

    private static func file(_ path: String, _ mode: String, _ content: String) -> SourceTree.Entry {
        .init(path: path, mode: mode, sha: content)
    }

    // MARK: What people and pods do

    /// Opens an issue with labels that somebody set.
    func open(_ issue: Int, labels: [String] = [], title: String = "Add a file", by actor: SourceActor = person) {
        state.withLock { state in
            state.issues[issue] = SourceIssue(
                number: issue, title: title, body: "please", isOpen: true, labels: [], author: Self.person, url: "")
        }
        for label in labels { set(label, on: issue, by: actor) }
    }

    func set(_ label: String, on number: Int, by actor: SourceActor = person) {
        state.withLock { state in
            if !state.labels[number, default: []].contains(label) { state.labels[number, default: []].append(label) }
            state.events[number, default: []].append(
                LabelEvent(id: state.id(), isSet: true, label: label, actor: actor, createdAt: .now))
        }
    }

    /// Somebody takes a label off.
    func takeOff(_ label: String, _ number: Int, by actor: SourceActor = person) {
        state.withLock { state in
            guard state.labels[number]?.contains(label) == true else { return }
            state.labels[number]?.removeAll { $0 == label }
            state.events[number, default: []].append(
                LabelEvent(id: state.id(), isSet: false, label: label, actor: actor, createdAt: .now))
        }
    }

    /// Commits on top of a branch, or of main where there is no such branch, and moves the branch there.
    ///
    /// - Parameter changes: the mode of what is written; nil removes.
    @discardableResult
    func push(_ branch: String, _ changes: [String: String?], onto parent: String? = nil) -> String {
        state.withLock { state in
            let parent = parent ?? state.branches[branch] ?? state.branches["main"] ?? ""
            let sha = Self.sha(state.id())
            var files = state.commits[parent]?.files ?? [:]
            for (path, mode) in changes {
                files[path] = mode.map { Self.file(path, $0, sha) }
            }
            state.commits[sha] = Commit(parent: parent, files: files)
            state.branches[branch] = sha
            let open = state.pulls.values.filter { $0.headBranch == branch && $0.isOpen }.map(\.number)
            for number in open { state.pulls[number]?.headSHA = sha }
            return sha
        }
    }

    func move(_ branch: String, to sha: String?) { state.withLock { $0.branches[branch] = sha } }

    func submitReview(
        on number: Int, state word: String = "CHANGES_REQUESTED", by actor: SourceActor = person
    ) -> PullRequestReview {
        state.withLock { state in
            let review = PullRequestReview(
                id: state.id(), author: actor, state: word, body: "make it better",
                commit: state.pulls[number]?.headSHA, submittedAt: .now)
            state.reviews[number, default: []].append(review)
            let change = Timestamp(microseconds: state.id())
            state.pulls[number]?.updatedAt = change
            return review
        }
    }

    func labels(_ number: Int) -> [String] { state.withLock { $0.labels[number] ?? [] } }
    func comments(_ number: Int) -> [String] { state.withLock { $0.comments[number]?.map(\.body) ?? [] } }
    func pull(_ number: Int?) -> PullRequest? { state.withLock { state in number.flatMap { state.pulls[$0] } } }
    func pulls(from branch: String) -> [PullRequest] {
        state.withLock { $0.pulls.values.filter { $0.headBranch == branch } }
    }
    func head(_ branch: String) -> String? { state.withLock { $0.branches[branch] } }

    /// Loses the answers to the next calls of this name, after their effect.
    func loseAnswers(_ call: String, count: Int = 1) { state.withLock { $0.lostAnswers[call] = count } }

    private func called(_ call: String) throws(ProviderError) {
        let isLost = state.withLock { state in
            state.calls.append(call)
            guard let left = state.lostAnswers.first(where: { call.hasPrefix($0.key) && $0.value > 0 }) else { return false }
            state.lostAnswers[left.key] = left.value - 1
            return true
        }
        if isLost { throw ProviderError(code: .unavailable, request: call, message: "the answer was lost") }
    }

    private static func notFound(_ what: String) -> ProviderError {
        ProviderError(code: .notFound, request: what, message: "there is none")
    }

    /// Somebody deletes an issue, or moves it to another repository.
    func remove(_ issue: Int) { state.withLock { $0.issues[issue] = nil } }

    /// Somebody opens a pull request.
    func openPull(_ branch: String, by author: SourceActor = person) -> Int {
        state.withLock { state in
            let number = Int(state.id())
            state.pulls[number] = PullRequest(
                number: number, url: "", title: "mine", body: "my words", isOpen: true, isMerged: false,
                headBranch: branch, headSHA: state.branches[branch] ?? "", headRepositoryID: 1, baseBranch: "main",
                baseRepositoryID: 1, author: author, labels: [])
            return number
        }
    }

    // MARK: Port

    func identity() -> SourceActor { Self.app }
    func repository(_ name: RepositoryName) -> SourceRepository {
        SourceRepository(id: 1, name: name, defaultBranch: "main")
    }

    func issue(_ number: Int, in repository: RepositoryName) throws(ProviderError) -> SourceIssue {
        let found = state.withLock { state in
            var issue = state.issues[number]
            issue?.labels = state.labels[number] ?? []
            return issue
        }
        guard let found else { throw Self.notFound("issue \(number)") }
        return found
    }

    func openIssues(labelled label: String, in repository: RepositoryName) -> [SourceIssue] {
        state.withLock { state in
            state.issues.values.filter {
                $0.isOpen && state.healable.contains($0.number) && state.labels[$0.number]?.contains(label) == true
            }
        }
    }

    func labelEvents(issue: Int, in repository: RepositoryName) -> [LabelEvent] {
        state.withLock { $0.events[issue] ?? [] }
    }

    func permission(of login: String, in repository: RepositoryName) -> RepositoryPermission {
        login == Self.person.login || login == Self.app.login ? .admin : .read
    }

    func addLabels(_ labels: [String], issue: Int, in repository: RepositoryName) throws(ProviderError) {
        for label in labels where !self.labels(issue).contains(label) { set(label, on: issue, by: Self.app) }
        try called("addLabels \(issue) \(labels)")
    }

    func removeLabel(_ label: String, issue: Int, in repository: RepositoryName) throws(ProviderError) {
        takeOff(label, issue, by: Self.app)
        try called("removeLabel \(issue) \(label)")
    }

    func react(_ content: String, issue: Int, in repository: RepositoryName) {}

    func comments(marker: String, issue: Int, in repository: RepositoryName) -> [IssueComment] {
        state.withLock { $0.comments[issue]?.filter { $0.body.contains(marker) } ?? [] }
    }

    func conversation(issue: Int, in repository: RepositoryName) -> [IssueComment] {
        state.withLock { $0.comments[issue]?.filter { $0.author != Self.app } ?? [] }
    }

    func comment(_ id: Int64, in repository: RepositoryName) -> IssueComment? {
        state.withLock { $0.comments.values.joined().first { $0.id == id } }
    }

    func createComment(
        _ body: String, issue: Int, in repository: RepositoryName
    ) throws(ProviderError) -> IssueComment {
        let made = state.withLock { state in
            let comment = IssueComment(id: state.id(), author: Self.app, body: body, createdAt: .now)
            state.comments[issue, default: []].append(comment)
            return comment
        }
        try called("createComment \(issue) \(body.prefix(30))")
        return made
    }

    func updateComment(_ id: Int64, body: String, in repository: RepositoryName) {
        state.withLock { state in
            for (issue, comments) in state.comments {
                if let index = comments.firstIndex(where: { $0.id == id }) { state.comments[issue]?[index].body = body }
            }
        }
    }

    func deleteComment(_ id: Int64, in repository: RepositoryName) {
        state.withLock { state in
            for issue in state.comments.keys { state.comments[issue]?.removeAll { $0.id == id } }
        }
    }

    func openPullRequest(head: String, in repository: RepositoryName) -> PullRequest? {
        state.withLock { state in
            var found = state.pulls.values.first { $0.isOpen && $0.headBranch == head }
            if let number = found?.number { found?.labels = state.labels[number] ?? [] }
            return found
        }
    }

    func pullRequest(_ number: Int, in repository: RepositoryName) throws(ProviderError) -> PullRequest {
        let found = state.withLock { state in
            var pull = state.pulls[number]
            pull?.labels = state.labels[number] ?? []
            return pull
        }
        guard let found else { throw Self.notFound("pull request \(number)") }
        return found
    }

    func createPullRequest(
        _ draft: PullRequestDraft, in repository: RepositoryName
    ) throws(ProviderError) -> PullRequest {
        if let open = openPullRequest(head: draft.headBranch, in: repository) { return open }
        if state.withLock({ $0.refused.contains(draft.headBranch) }) {
            throw ProviderError(code: .invalid, request: "POST pulls", message: "No commits between main and it")
        }
        let made = state.withLock { state in
            let number = Int(state.id())
            let pull = PullRequest(
                number: number, url: "https://example.invalid/pull/\(number)", title: draft.title, body: draft.body,
                isOpen: true, isMerged: false, headBranch: draft.headBranch,
                headSHA: state.branches[draft.headBranch] ?? "", headRepositoryID: 1, baseBranch: draft.baseBranch,
                baseRepositoryID: 1, author: Self.app, labels: [], updatedAt: Timestamp(microseconds: Int64(number)))
            state.pulls[number] = pull
            return pull
        }
        try called("createPullRequest \(draft.headBranch)")
        return made
    }

    func updatePullRequest(
        _ number: Int, title: String?, body: String?, in repository: RepositoryName
    ) throws(ProviderError) -> PullRequest {
        state.withLock { state in
            if let title { state.pulls[number]?.title = title }
            if let body { state.pulls[number]?.body = body }
        }
        return try pullRequest(number, in: repository)
    }

    func recentPullRequests(in repository: RepositoryName) throws(ProviderError) -> [PullRequest] {
        try called("recentPullRequests")
        return state.withLock { state in
            state.pulls.values.filter { pull in
                pull.isOpen && WorkBranch(pull.headBranch).map { state.healable.contains($0.issue) } == true
            }
        }
    }

    func reviews(pullRequest: Int, in repository: RepositoryName) throws(ProviderError) -> [PullRequestReview] {
        try called("reviews \(pullRequest)")
        return state.withLock { $0.reviews[pullRequest] ?? [] }
    }

    func review(
        _ id: Int64, pullRequest: Int, in repository: RepositoryName
    ) throws(ProviderError) -> PullRequestReview {
        guard let found = state.withLock({ $0.reviews[pullRequest]?.first { $0.id == id } }) else {
            throw Self.notFound("review \(id)")
        }
        return found
    }

    func feedback(pullRequest: Int, in repository: RepositoryName) -> [ReviewFeedback] {
        state.withLock { state in
            (state.reviews[pullRequest] ?? []).map {
                ReviewFeedback(
                    id: $0.id, author: $0.author, body: $0.body, path: nil, line: nil, createdAt: .init(microseconds: $0.id))
            }
        }
    }

    func branchHead(_ branch: String, in repository: RepositoryName) -> String? { head(branch) }

    func compare(base: String, head: String, in repository: RepositoryName) -> CommitComparison {
        let commits = state.withLock { $0.commits }
        func line(_ start: String) -> [String] { Array(sequence(first: start) { commits[$0]?.parent }) }
        let (behind, ahead) = (line(base), line(head))
        let common = ahead.first { behind.contains($0) }
        return CommitComparison(
            aheadBy: ahead.firstIndex { $0 == common } ?? ahead.count,
            behindBy: behind.firstIndex { $0 == common } ?? behind.count, mergeBase: common)
    }

    func tree(commit: String, in repository: RepositoryName) throws(ProviderError) -> SourceTree {
        let tree = state.withLock { state in
            state.commits[commit].map { found in
                SourceTree(entries: Array(found.files.values), isTruncated: state.truncated.contains(commit))
            }
        }
        guard let tree else { throw Self.notFound("tree \(commit)") }
        return tree
    }

    func file(
        _ path: String, commit: String, in repository: RepositoryName, limit: Int
    ) throws(ProviderError) -> [UInt8]? {
        let (bytes, error) = state.withLock { ($0.contents[path], $0.contentsError) }
        if let error { throw error }
        return bytes
    }

    func confinesApp(branch: String, in repository: RepositoryName) -> Bool { true }

    func mintRunToken(_ repository: RepositoryName) -> RunToken {
        RunToken(token: Secret("token"), expiresAt: Timestamp.now.adding(.seconds(3600)))
    }

    func gitURL(_ repository: RepositoryName) -> String { "https://example.invalid/\(repository).git" }
}
