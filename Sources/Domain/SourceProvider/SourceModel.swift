// SPDX-License-Identifier: MIT
package import AgentAPI
package import JSONCoding

/// A repository on the code host.
package struct SourceRepository: Sendable, Hashable {
    package var id: Int64
    package var name: RepositoryName
    package var defaultBranch: String

    /// All of it.
    package init(id: Int64, name: RepositoryName, defaultBranch: String) {
        self.id = id
        self.name = name
        self.defaultBranch = defaultBranch
    }
}

/// Somebody who acts on the code host.
package struct SourceActor: Sendable, Hashable {
    package var id: Int64
    package var login: String
    package var isBot: Bool

    /// All of it.
    package init(id: Int64, login: String, isBot: Bool) {
        self.id = id
        self.login = login
        self.isBot = isBot
    }
}

/// An issue with the labels that it has now.
package struct SourceIssue: Sendable, Hashable {
    package var number: Int
    package var title: String
    package var body: String
    package var isOpen: Bool
    package var labels: [String]
    package var author: SourceActor
    package var url: String

    /// All of it.
    package init(
        number: Int, title: String, body: String, isOpen: Bool, labels: [String], author: SourceActor, url: String
    ) {
        self.number = number
        self.title = title
        self.body = body
        self.isOpen = isOpen
        self.labels = labels
        self.author = author
        self.url = url
    }
}

/// A label that was set on an issue or taken off.
package struct LabelEvent: Sendable, Hashable {
    package var id: Int64
    /// True for `labeled`, false for `unlabeled`.
    package var isSet: Bool
    package var label: String
    package var actor: SourceActor
    package var createdAt: Timestamp

    /// All of it.
    package init(id: Int64, isSet: Bool, label: String, actor: SourceActor, createdAt: Timestamp) {
        self.id = id
        self.isSet = isSet
        self.label = label
        self.actor = actor
        self.createdAt = createdAt
    }
}

/// What somebody may do in a repository, in rising order.
package enum RepositoryPermission: Int, Sendable, Hashable, Comparable, CaseIterable {
    case none, read, triage, write, maintain, admin

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Reads the host's word for it; an unknown word is no permission.
    package init(word: String) {
        switch word {
        case "admin": self = .admin
        case "maintain": self = .maintain
        case "write", "push": self = .write
        case "triage": self = .triage
        case "read", "pull": self = .read
        default: self = .none
        }
    }
}

/// A pull request.
package struct PullRequest: Sendable, Hashable {
    package var number: Int
    package var url: String
    package var title: String
    package var body: String
    package var isOpen: Bool
    package var isMerged: Bool
    package var headBranch: String
    package var headSHA: String
    /// `nil` when the head's repository was deleted.
    package var headRepositoryID: Int64?
    package var baseBranch: String
    package var baseRepositoryID: Int64
    package var author: SourceActor
    package var labels: [String]
    /// When anything about it changed last, as far as the host says.
    package var updatedAt: Timestamp?

    /// All of it.
    package init(
        number: Int, url: String, title: String, body: String, isOpen: Bool, isMerged: Bool, headBranch: String,
        headSHA: String, headRepositoryID: Int64?, baseBranch: String, baseRepositoryID: Int64, author: SourceActor,
        labels: [String], updatedAt: Timestamp? = nil
    ) {
        self.number = number
        self.url = url
        self.title = title
        self.body = body
        self.isOpen = isOpen
        self.isMerged = isMerged
        self.headBranch = headBranch
        self.headSHA = headSHA
        self.headRepositoryID = headRepositoryID
        self.baseBranch = baseBranch
        self.baseRepositoryID = baseRepositoryID
        self.author = author
        self.labels = labels
        self.updatedAt = updatedAt
    }
}

/// A pull request to be made.
package struct PullRequestDraft: Sendable, Hashable {
    package var title: String
    package var body: String
    package var headBranch: String
    package var baseBranch: String

    /// All of it.
    package init(title: String, body: String, headBranch: String, baseBranch: String) {
        self.title = title
        self.body = body
        self.headBranch = headBranch
        self.baseBranch = baseBranch
    }
}

/// One thing that people said about a pull request: a review's text, a comment on a line, a comment below.
package struct ReviewFeedback: Sendable, Hashable {
    package var id: Int64
    package var author: SourceActor
    package var body: String
    /// The file commented on; `nil` for a comment on the whole.
    package var path: String?
    package var line: Int?
    package var createdAt: Timestamp

    /// All of it.
    package init(id: Int64, author: SourceActor, body: String, path: String?, line: Int?, createdAt: Timestamp) {
        self.id = id
        self.author = author
        self.body = body
        self.path = path
        self.line = line
        self.createdAt = createdAt
    }
}

/// A review that asks for changes, approves or comments.
package struct PullRequestReview: Sendable, Hashable {
    package var id: Int64
    package var author: SourceActor
    /// `CHANGES_REQUESTED`, `APPROVED`, `COMMENTED`, `DISMISSED`.
    package var state: String
    package var body: String
    /// The commit that was looked at; `nil` where the host does not know it any more.
    package var commit: String?
    /// When it was submitted; `nil` for one that its author has not sent yet.
    package var submittedAt: Timestamp?

    /// All of it.
    package init(
        id: Int64, author: SourceActor, state: String, body: String, commit: String? = nil,
        submittedAt: Timestamp? = nil
    ) {
        self.id = id
        self.author = author
        self.state = state
        self.body = body
        self.commit = commit
        self.submittedAt = submittedAt
    }

    /// Whether it asks for changes still: one that was dismissed does not.
    package var asksForChanges: Bool { state.uppercased() == "CHANGES_REQUESTED" }
}

/// A comment on an issue.
package struct IssueComment: Sendable, Hashable {
    package var id: Int64
    package var author: SourceActor
    package var body: String
    package var createdAt: Timestamp

    /// All of it.
    package init(id: Int64, author: SourceActor, body: String, createdAt: Timestamp) {
        self.id = id
        self.author = author
        self.body = body
        self.createdAt = createdAt
    }
}

/// How one commit stands to another.
package struct CommitComparison: Sendable, Hashable {
    package var aheadBy: Int
    package var behindBy: Int
    package var mergeBase: String?

    /// All of it.
    package init(aheadBy: Int, behindBy: Int, mergeBase: String?) {
        self.aheadBy = aheadBy
        self.behindBy = behindBy
        self.mergeBase = mergeBase
    }

    /// Whether the head has the base among its ancestors, or is it.
    package var headDescendsFromBase: Bool { behindBy == 0 }
}

/// A commit's files, every one, recursively.
package struct SourceTree: Sendable, Hashable {
    /// A file, link or submodule.
    package struct Entry: Sendable, Hashable {
        package var path: String
        /// The git mode, such as `100644`, `120000`, `160000`.
        package var mode: String
        package var sha: String

        /// All of it.
        package init(path: String, mode: String, sha: String) {
            self.path = path
            self.mode = mode
            self.sha = sha
        }
    }

    package var entries: [Entry]
    /// The host left entries out, so nothing can be concluded from what is missing.
    package var isTruncated: Bool

    /// All of it.
    package init(entries: [Entry], isTruncated: Bool) {
        self.entries = entries
        self.isTruncated = isTruncated
    }
}
