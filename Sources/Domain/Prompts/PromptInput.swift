// SPDX-License-Identifier: MIT
package import AgentAPI
package import RunPolicy

/// All that a prompt is made of. The same input gives the same prompt, byte for byte.
package struct PromptInput: Sendable, Hashable {
    package var run: PromptRun
    /// What the agent may call; empty when there is nothing.
    package var tools: [PromptTool]
    package var issue: PromptIssue
    /// The open pull request that a revision is for.
    package var pullRequest: PromptPullRequest?
    /// What people said: of the pull request in a revision, below the issue in a discussion. Oldest first.
    package var comments: [PromptComment]
    /// The language of everything but the template.
    package var locale: PromptLocale
    package var template: PromptTemplate

    /// All of it.
    package init(
        run: PromptRun, tools: [PromptTool], issue: PromptIssue, pullRequest: PromptPullRequest?,
        comments: [PromptComment], locale: PromptLocale, template: PromptTemplate
    ) {
        self.run = run
        self.tools = tools
        self.issue = issue
        self.pullRequest = pullRequest
        self.comments = comments
        self.locale = locale
        self.template = template
    }
}

/// What the operator knows of the run.
package struct PromptRun: Sendable, Hashable {
    /// `owner/name`.
    package var repository: String
    /// The issue's number.
    package var issue: Int
    package var kind: TriggerKind
    package var revise: Bool
    /// The run only talks: nothing is committed.
    package var isDiscussion: Bool
    package var branch: String
    package var baseBranch: String
    /// An agent's key.
    package var agent: String
    /// What the agent is, for people.
    package var role: String
    /// Nil where the agent's program decides.
    package var model: String?
    package var reasoningEffort: String?
    package var mode: AgentMode
    /// The namespace that the agent may try things in; nil in mode CodeOnly.
    package var environment: String?
    /// It may only look at that namespace.
    package var isReadOnly: Bool
    package var writeScope: WriteScope
    /// How long the run may take.
    package var timeLimit: Duration
    /// From 1; a later one follows an attempt that failed.
    package var attempt = 1
    /// The attempt goes on in a new pod after a long wait.
    package var goesOn = false

    /// A first attempt at its beginning.
    package init(
        repository: String, issue: Int, kind: TriggerKind, revise: Bool, isDiscussion: Bool, branch: String,
        baseBranch: String, agent: String, role: String, model: String?, reasoningEffort: String?, mode: AgentMode,
        environment: String?, isReadOnly: Bool, writeScope: WriteScope, timeLimit: Duration
    ) {
        self.repository = repository
        self.issue = issue
        self.kind = kind
        self.revise = revise
        self.isDiscussion = isDiscussion
        self.branch = branch
        self.baseBranch = baseBranch
        self.agent = agent
        self.role = role
        self.model = model
        self.reasoningEffort = reasoningEffort
        self.mode = mode
        self.environment = environment
        self.isReadOnly = isReadOnly
        self.writeScope = writeScope
        self.timeLimit = timeLimit
    }
}

/// A tool of the operator that the agent may call.
package struct PromptTool: Sendable, Hashable {
    /// Who has to agree before a call has its effect.
    package enum Approval: String, Sendable, Hashable, CaseIterable { case none, owner, delegated }

    /// The tool that reports status, which every run with a run API has: its presence asks for reports.
    package static let statusReport = PromptTool(
        name: Names.statusReportTool, summary: "shows one line of at most 100 characters to the people who follow",
        approval: .none)

    package var name: String
    /// What it does, in one line.
    package var summary: String
    package var approval: Approval

    /// All of it.
    package init(name: String, summary: String, approval: Approval) {
        self.name = name
        self.summary = summary
        self.approval = approval
    }
}

/// The issue as people wrote it.
package struct PromptIssue: Sendable, Hashable {
    package var title: String
    package var body: String
    package var labels: [String]
    /// The login of whoever opened it; nil where that is not known.
    package var author: String?

    /// All of it.
    package init(title: String, body: String, labels: [String], author: String?) {
        self.title = title
        self.body = body
        self.labels = labels
        self.author = author
    }
}

/// The pull request as it stands on the code host, where people may have changed its text.
package struct PromptPullRequest: Sendable, Hashable {
    package var number: Int
    package var title: String
    package var body: String

    /// All of it.
    package init(number: Int, title: String, body: String) {
        self.number = number
        self.title = title
        self.body = body
    }
}

/// One thing that somebody said.
package struct PromptComment: Sendable, Hashable {
    package var author: String
    package var body: String
    /// The file and line that it is about, such as `src/a.swift:3`.
    package var place: String?

    /// All of it.
    package init(author: String, body: String, place: String? = nil) {
        self.author = author
        self.body = body
        self.place = place
    }
}
