// SPDX-License-Identifier: MIT
import JSONCoding

/// What a request for a new pull request says, with what git said about it.
package struct NewPullRequest: Sendable {
    package var title: String
    package var body: String?
    package var head: String
    package var base: String
    package var isDraft: Bool
    /// Commits that the two branches point at; nil when the branch does not exist.
    package var headSHA: String?
    package var baseSHA: String?
    /// Commits on the head that the base lacks.
    package var commits: Int
}

extension ForgeTransaction {
    /// The open pull request of a head and base, of which there is at most one.
    package func openPull(head: String, base: String?, in repository: Int64) -> ForgePullRequest? {
        state.pulls.values.first {
            $0.key.repository == repository && $0.head == head && (base == nil || $0.base == base)
                && state.issues[$0.key]?.isClosed == false
        }
    }

    /// Opens a pull request; refuses a second one for the same head and base as GitHub does.
    package mutating func createPull(
        _ new: NewPullRequest, in repository: ForgeRepository, by actor: ForgeActor
    ) throws -> ForgePullRequest {
        guard !new.title.isEmpty else {
            throw ForgeFailure.validation("PullRequest", field: "title", code: "missing_field")
        }
        guard let baseSHA = new.baseSHA else {
            throw ForgeFailure.validation("PullRequest", field: "base", code: "invalid")
        }
        guard let headSHA = new.headSHA else {
            throw ForgeFailure.validation("PullRequest", field: "head", code: "invalid")
        }
        guard openPull(head: new.head, base: new.base, in: repository.id) == nil else {
            throw ForgeFailure.validation(
                "PullRequest", code: "custom",
                message: "A pull request already exists for \(repository.owner):\(new.head).")
        }
        guard new.commits > 0 else {
            throw ForgeFailure.validation(
                "PullRequest", code: "custom", message: "No commits between \(new.base) and \(new.head)")
        }
        let issue = newIssue(
            in: repository, title: new.title, body: new.body, isPullRequest: true,
            number: pairedNumber(of: new.head, in: repository), by: actor)
        let pull = ForgePullRequest(
            id: nextID(), key: issue.key, head: new.head, headSHA: headSHA, base: new.base, baseSHA: baseSHA,
            isDraft: new.isDraft, mergedAt: nil, mergedBy: nil, mergeCommitSHA: nil)
        put(.pull(pull))
        queuePull("opened", pull, by: actor)
        return pull
    }

    /// N for a head that ends in `/issue-N`, where issue N has no pull request of its number yet.
    private func pairedNumber(of head: String, in repository: ForgeRepository) -> Int? {
        guard repository.pairsNumbers, let last = head.split(separator: "/").last, last.hasPrefix("issue-"),
            let number = Int(last.dropFirst(6))
        else { return nil }
        let key = IssueKey(repository: repository.id, number: number, isPull: true)
        return state.issues[key] == nil && state.issues[key.pairedIssue] != nil ? number : nil
    }

    /// Moves the heads of open pull requests to where a push left their branches.
    package mutating func moveHeads(_ branches: [String: String], in repository: Int64, by actor: ForgeActor) {
        let open = state.pulls.values.filter {
            $0.key.repository == repository && state.issues[$0.key]?.isClosed == false
        }
        for var pull in open.sorted(by: { $0.id < $1.id }) {
            guard let sha = branches[pull.head] else {
                setState(of: pull.key, closed: true, reason: nil, by: actor)
                continue
            }
            guard sha != pull.headSHA, var issue = state.issues[pull.key] else { continue }
            let before = pull.headSHA
            pull.headSHA = sha
            issue.updatedAt = now
            put(.pull(pull))
            put(.issue(issue))
            queuePull("synchronize", pull, extra: ["before": .string(before), "after": .string(sha)], by: actor)
        }
    }

    /// Records a merge that git has done, and closes the issues that the text says it closes.
    package mutating func recordMerge(_ key: IssueKey, commit: String, by actor: ForgeActor) {
        guard var pull = state.pulls[key], pull.mergedAt == nil else { return }
        pull.mergedAt = now
        pull.mergedBy = actor.user.id
        pull.mergeCommitSHA = commit
        put(.pull(pull))
        put(.event(event("merged", on: key, by: actor)))
        setState(of: key, closed: true, reason: nil, by: actor)
        for number in ClosingKeywords.issueNumbers(in: state.issues[key]?.body ?? "") {
            let issue = IssueKey(repository: key.repository, number: number, isPull: false)
            setState(of: issue, closed: true, reason: "completed", by: actor)
        }
    }
}

/// The words that make a merged pull request close an issue of the same repository, such as `Closes #3`.
enum ClosingKeywords {
    private static let words: Set<String> = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ]

    static func issueNumbers(in text: String) -> [Int] {
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "\r\n" || $0 == "\t" || $0 == "," }
        return zip(words, words.dropFirst()).compactMap { word, reference in
            let keyword = word.lowercased().filter { $0 != ":" }
            guard Self.words.contains(keyword), reference.first == "#" else { return nil }
            return Int(reference.dropFirst().prefix { $0.isNumber })
        }
    }
}
