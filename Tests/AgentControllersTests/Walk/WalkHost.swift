// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import ServiceRuntime
import SourceProvider
import Synchronization

/// The code host of a walk: what ``MemoryHost`` does, in all weathers; and a witness that nothing is changed there
/// whose intent is not on record.
final class WalkHost: SourceProvider {
    let host = MemoryHost()
    private let weather: WalkWeather
    private let record: MemoryRecord
    private let clock: WalkClock
    private let unannounced = Mutex<[Change]>([])

    /// A change without an intent on record.
    private struct Change {
        var call: String
        var keys: [String]
        /// The intent may come later: with the database away, cancelling and telling people do not wait.
        var isPatient: Bool
    }

    init(weather: WalkWeather, record: MemoryRecord, clock: WalkClock) {
        self.weather = weather
        self.record = record
        self.clock = clock
    }

    /// Changes without an intent, as far as there were any.
    ///
    /// - Parameter all: those included whose intent may come later.
    func violations(all: Bool) -> [String] {
        unannounced.withLock { $0 }.filter { (all || !$0.isPatient) && !isKnown($0.keys) }.map(\.call)
    }

    private func isKnown(_ keys: [String]) -> Bool {
        record.state.withLock { state in
            state.events.contains { $0.type == .effectIntended && keys.contains($0.key) }
        }
    }

    private func announced(_ call: String, _ keys: [String], isPatient: Bool = false) {
        guard !isKnown(keys) else { return }
        // Too late is never.
        unannounced.withLock { $0.append(Change(call: call, keys: isPatient ? keys : [], isPatient: isPatient)) }
    }

    private func read<T>(_ call: String, _ body: () throws(ProviderError) -> T) throws(ProviderError) -> T {
        try weather.read(call)
        return try body()
    }

    func identity() throws(ProviderError) -> SourceActor {
        try read("identity") { () throws(ProviderError) in host.identity() }
    }

    func repository(_ name: RepositoryName) throws(ProviderError) -> SourceRepository {
        try read("repository") { () throws(ProviderError) in host.repository(name) }
    }

    func issue(_ number: Int, in repository: RepositoryName) throws(ProviderError) -> SourceIssue {
        try read("issue") { () throws(ProviderError) in try host.issue(number, in: repository) }
    }

    func openIssues(labelled label: String, in repository: RepositoryName) throws(ProviderError) -> [SourceIssue] {
        try read("issues") { () throws(ProviderError) in host.openIssues(labelled: label, in: repository) }
    }

    func labelEvents(issue: Int, in repository: RepositoryName) throws(ProviderError) -> [LabelEvent] {
        try read("events") { () throws(ProviderError) in host.labelEvents(issue: issue, in: repository) }
    }

    func permission(of login: String, in repository: RepositoryName) throws(ProviderError) -> RepositoryPermission {
        try read("permission") { () throws(ProviderError) in host.permission(of: login, in: repository) }
    }

    func addLabels(_ labels: [String], issue: Int, in repository: RepositoryName) throws(ProviderError) {
        try weather.write("addLabels \(labels) \(issue)") { () throws(ProviderError) in
            for label in labels {
                announced("add \(label)", ["label.applied|\(label)", "label.applied|\(label)|#\(issue)"])
            }
            try host.addLabels(labels, issue: issue, in: repository)
        }
    }

    func removeLabel(_ label: String, issue: Int, in repository: RepositoryName) throws(ProviderError) {
        try weather.write("removeLabel \(label) \(issue)") { () throws(ProviderError) in
            let state = ["state:superseded", "state:in-review"].contains(label)
            if !state {
                announced("remove \(label)", ["label.applied|-\(label)", "label.rejected|-\(label)"], isPatient: true)
            }
            try host.removeLabel(label, issue: issue, in: repository)
        }
    }

    func react(_ content: String, issue: Int, in repository: RepositoryName) throws(ProviderError) {
        try weather.write("react \(content)") { () throws(ProviderError) in
            host.react(content, issue: issue, in: repository)
        }
    }

    func comments(marker: String, issue: Int, in repository: RepositoryName) throws(ProviderError) -> [IssueComment] {
        try read("comments") { () throws(ProviderError) in host.comments(marker: marker, issue: issue, in: repository) }
    }

    func conversation(issue: Int, in repository: RepositoryName) throws(ProviderError) -> [IssueComment] {
        try read("conversation") { () throws(ProviderError) in host.conversation(issue: issue, in: repository) }
    }

    func comment(_ id: Int64, in repository: RepositoryName) throws(ProviderError) -> IssueComment? {
        try read("comment") { () throws(ProviderError) in host.comment(id, in: repository) }
    }

    func createComment(_ body: String, issue: Int, in repository: RepositoryName) throws(ProviderError) -> IssueComment
    {
        try weather.write("createComment \(body.prefix(24))") { () throws(ProviderError) in
            let keys = ["status", "refusal", "talk|#\(issue)", "superseded|#\(issue)"]
            announced(
                "comment \(body.prefix(40))", keys.map { "run.status.comment.upserted|\($0)" },
                isPatient: body.contains("codex-k8s:status"))
            return try host.createComment(body, issue: issue, in: repository)
        }
    }

    func updateComment(_ id: Int64, body: String, in repository: RepositoryName) throws(ProviderError) {
        try weather.write("updateComment") { () throws(ProviderError) in
            host.updateComment(id, body: body, in: repository)
        }
    }

    func deleteComment(_ id: Int64, in repository: RepositoryName) throws(ProviderError) {
        try weather.write("deleteComment") { () throws(ProviderError) in host.deleteComment(id, in: repository) }
    }

    func openPullRequest(head: String, in repository: RepositoryName) throws(ProviderError) -> PullRequest? {
        try read("pulls") { () throws(ProviderError) in host.openPullRequest(head: head, in: repository) }
    }

    func pullRequest(_ number: Int, in repository: RepositoryName) throws(ProviderError) -> PullRequest {
        try read("pull") { () throws(ProviderError) in try host.pullRequest(number, in: repository) }
    }

    func createPullRequest(_ draft: PullRequestDraft, in repository: RepositoryName) throws(ProviderError)
        -> PullRequest
    {
        try weather.write("createPullRequest") { () throws(ProviderError) in
            announced("pull request \(draft.headBranch)", ["run.pr.created|"])
            guard host.head(draft.headBranch) != nil, host.head(draft.baseBranch) != nil else {
                throw ProviderError(code: .invalid, request: "POST pulls", message: "head or base is invalid")
            }
            return try host.createPullRequest(draft, in: repository)
        }
    }

    func updatePullRequest(
        _ number: Int, title: String?, body: String?, in repository: RepositoryName
    ) throws(ProviderError) -> PullRequest {
        try weather.write("updatePullRequest") { () throws(ProviderError) in
            announced("update of \(number)", ["run.pr.updated|"])
            return try host.updatePullRequest(number, title: title, body: body, in: repository)
        }
    }

    func recentPullRequests(in repository: RepositoryName) throws(ProviderError) -> [PullRequest] {
        try read("recent") { () throws(ProviderError) in try host.recentPullRequests(in: repository) }
    }

    func reviews(pullRequest: Int, in repository: RepositoryName) throws(ProviderError) -> [PullRequestReview] {
        try read("reviews") { () throws(ProviderError) in try host.reviews(pullRequest: pullRequest, in: repository) }
    }

    func review(_ id: Int64, pullRequest: Int, in repository: RepositoryName) throws(ProviderError) -> PullRequestReview
    {
        try read("review") { () throws(ProviderError) in try host.review(id, pullRequest: pullRequest, in: repository) }
    }

    func feedback(pullRequest: Int, in repository: RepositoryName) throws(ProviderError) -> [ReviewFeedback] {
        try read("feedback") { () throws(ProviderError) in host.feedback(pullRequest: pullRequest, in: repository) }
    }

    func branchHead(_ branch: String, in repository: RepositoryName) throws(ProviderError) -> String? {
        try read("head") { () throws(ProviderError) in host.head(branch) }
    }

    func compare(base: String, head: String, in repository: RepositoryName) throws(ProviderError) -> CommitComparison {
        try read("compare") { () throws(ProviderError) in host.compare(base: base, head: head, in: repository) }
    }

    func tree(commit: String, in repository: RepositoryName) throws(ProviderError) -> SourceTree {
        try read("tree") { () throws(ProviderError) in try host.tree(commit: commit, in: repository) }
    }

    func file(
        _ path: String, commit: String, in repository: RepositoryName, limit: Int
    ) throws(ProviderError) -> [UInt8]? {
        try read("file") { () throws(ProviderError) in try host.file(path, commit: commit, in: repository, limit: limit)
        }
    }

    func confinesApp(branch: String, in repository: RepositoryName) throws(ProviderError) -> Bool {
        try read("rules") { () throws(ProviderError) in host.confinesApp(branch: branch, in: repository) }
    }

    func mintRunToken(_ repository: RepositoryName) throws(ProviderError) -> RunToken {
        try read("token") { () throws(ProviderError) in
            RunToken(token: Secret("token"), expiresAt: clock.now.adding(.seconds(3600)))
        }
    }

    func gitURL(_ repository: RepositoryName) -> String { host.gitURL(repository) }
}
