// SPDX-License-Identifier: MIT
package import AgentAPI
package import JSONCoding
package import ServiceRuntime

/// A token that may write the contents of one repository, and when it ends.
package struct RunToken: Sendable {
    package var token: Secret<String>
    package var expiresAt: Timestamp

    /// All of it.
    package init(token: Secret<String>, expiresAt: Timestamp) {
        self.token = token
        self.expiresAt = expiresAt
    }
}

/// What the domain needs from a code host.
///
/// Every method that changes something is preceded, inside the adapter or by the caller as its comment says, by a look-up
/// that finds what an earlier call left, so that doing it twice is doing it once.
package protocol SourceProvider: Sendable {
    /// Our own account: who wrote a comment or opened a pull request is compared with this.
    func identity() async throws(ProviderError) -> SourceActor
    /// The repository under its present name.
    func repository(_ name: RepositoryName) async throws(ProviderError) -> SourceRepository
    /// An issue as it is now.
    func issue(_ number: Int, in repository: RepositoryName) async throws(ProviderError) -> SourceIssue
    /// Open issues that have this label, for healing.
    func openIssues(labelled label: String, in repository: RepositoryName) async throws(ProviderError) -> [SourceIssue]
    /// Every labelling of an issue, oldest first.
    func labelEvents(issue: Int, in repository: RepositoryName) async throws(ProviderError) -> [LabelEvent]
    /// What somebody may do in the repository; `none` for somebody unknown.
    func permission(of login: String, in repository: RepositoryName) async throws(ProviderError) -> RepositoryPermission

    /// Puts labels on; those already there stay.
    func addLabels(_ labels: [String], issue: Int, in repository: RepositoryName) async throws(ProviderError)
    /// Takes a label off; one that is not there is no error.
    func removeLabel(_ label: String, issue: Int, in repository: RepositoryName) async throws(ProviderError)
    /// Our reaction on the issue; the host keeps one of a kind an account.
    func react(_ content: String, issue: Int, in repository: RepositoryName) async throws(ProviderError)

    /// Our own comments on an issue that hold a hidden marker, oldest first.
    func comments(marker: String, issue: Int, in repository: RepositoryName) async throws(ProviderError) -> [IssueComment]
    /// What people said below an issue, oldest first, ours left out.
    func conversation(issue: Int, in repository: RepositoryName) async throws(ProviderError) -> [IssueComment]
    /// One comment; `nil` when it was deleted.
    func comment(_ id: Int64, in repository: RepositoryName) async throws(ProviderError) -> IssueComment?
    /// Adds a comment; the caller has looked for its earlier self.
    func createComment(_ body: String, issue: Int, in repository: RepositoryName) async throws(ProviderError) -> IssueComment
    /// Replaces a comment's text.
    func updateComment(_ id: Int64, body: String, in repository: RepositoryName) async throws(ProviderError)
    /// Deletes; one that is gone is no error.
    func deleteComment(_ id: Int64, in repository: RepositoryName) async throws(ProviderError)

    /// The open pull request from a branch of the same repository; `nil` when there is none.
    func openPullRequest(head: String, in repository: RepositoryName) async throws(ProviderError) -> PullRequest?
    /// A pull request as it is now.
    func pullRequest(_ number: Int, in repository: RepositoryName) async throws(ProviderError) -> PullRequest
    /// Opens a pull request; where one is open for the head already, that one is returned.
    func createPullRequest(_ draft: PullRequestDraft, in repository: RepositoryName) async throws(ProviderError) -> PullRequest
    /// Changes what is given, leaves the rest.
    func updatePullRequest(_ number: Int, title: String?, body: String?, in repository: RepositoryName) async throws(ProviderError) -> PullRequest
    /// The open pull requests that changed last, the newest change first: one page, at most 100.
    func recentPullRequests(in repository: RepositoryName) async throws(ProviderError) -> [PullRequest]
    /// Every review of a pull request, oldest first.
    func reviews(pullRequest: Int, in repository: RepositoryName) async throws(ProviderError) -> [PullRequestReview]
    /// A submitted review.
    func review(_ id: Int64, pullRequest: Int, in repository: RepositoryName) async throws(ProviderError) -> PullRequestReview
    /// What people said of a pull request, oldest first, ours left out.
    func feedback(pullRequest: Int, in repository: RepositoryName) async throws(ProviderError) -> [ReviewFeedback]

    /// The commit at a branch's head; `nil` when there is no such branch.
    func branchHead(_ branch: String, in repository: RepositoryName) async throws(ProviderError) -> String?
    /// How `head` stands to `base`; both are branches or commits.
    func compare(base: String, head: String, in repository: RepositoryName) async throws(ProviderError) -> CommitComparison
    /// All files of a commit.
    func tree(commit: String, in repository: RepositoryName) async throws(ProviderError) -> SourceTree
    /// A file as it is in a commit; `nil` when there is none, or no plain file, at that path.
    ///
    /// - Parameter limit: the most bytes that are read; a larger file is an error of the code `invalid`.
    func file(
        _ path: String, commit: String, in repository: RepositoryName, limit: Int
    ) async throws(ProviderError) -> [UInt8]?
    /// Whether the repository's rules keep our app to `codex/**`: it can neither push to the default branch nor make or
    /// push other branches outside. `branch` is the one that the run is to push.
    func confinesApp(branch: String, in repository: RepositoryName) async throws(ProviderError) -> Bool
    /// A new token for one repository: `contents: write`, nothing else.
    func mintRunToken(_ repository: RepositoryName) async throws(ProviderError) -> RunToken
    /// The smart-HTTP address of the repository, without credentials.
    func gitURL(_ repository: RepositoryName) -> String
}
