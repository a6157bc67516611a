// SPDX-License-Identifier: MIT
import JSONCoding

/// What the run's pod leaves behind in its termination message: versioned JSON of at most 3 KiB.
///
/// It is a hint: what was pushed is the truth, and the controller decides by the branch's head.
package struct RunResultMessage: Codable, Sendable, Hashable {
    /// The version this code writes.
    package static let currentVersion = 1
    /// Kubernetes keeps 4096 bytes of a termination message; this leaves room for the kubelet's own words.
    package static let maximumBytes = 3072

    /// How the runner saw it end.
    package enum Outcome: String, Codable, Sendable, Hashable, CaseIterable {
        /// Commits were pushed, or were there already.
        case succeeded
        /// The agent ended well and changed nothing.
        case noChanges
        /// The agent, or a step around it, failed.
        case failed
        /// The branch moved under the run and a rebase did not help.
        case branchMoved
        /// The run was told to stop.
        case cancelled
    }

    package var version: Int
    package var outcome: Outcome
    package var attempt: Int
    package var branch: String
    package var headSHA: String?
    package var sessionID: String?
    package var sessionResumed: Bool?
    /// Why the session that should have been resumed was not, so that a fresh one was begun on the same branch.
    package var resumeProblem: String?
    /// Bytes of the session's last snapshot that was stored; nil when none was.
    package var sessionBytes: Int?
    /// Why the session's last state was not stored.
    package var sessionProblem: String?
    /// Tokens that the broker saw this attempt use.
    package var usage: AgentRunStatus.UsageStatus?
    /// What the agent says it did, for the pull request and the comment.
    package var summary: String?
    /// What went wrong: what happened, to what, why, what to do.
    package var error: String?
    /// The agent's exit code, when it ran.
    package var agentExitCode: Int32?

    package init(
        outcome: Outcome, attempt: Int, branch: String, headSHA: String? = nil, sessionID: String? = nil,
        sessionResumed: Bool? = nil, summary: String? = nil, error: String? = nil, agentExitCode: Int32? = nil
    ) {
        version = Self.currentVersion
        self.outcome = outcome
        self.attempt = attempt
        self.branch = branch
        self.headSHA = headSHA
        self.sessionID = sessionID
        self.sessionResumed = sessionResumed
        self.summary = summary
        self.error = error
        self.agentExitCode = agentExitCode
    }

    /// The message as JSON that fits the bound: the longest texts are cut first.
    package func encoded() throws -> [UInt8] {
        var message = self
        var limit = 1200
        while true {
            message.summary = summary.map { Self.cut($0, to: limit) }
            message.error = error.map { Self.cut($0, to: limit) }
            message.resumeProblem = resumeProblem.map { Self.cut($0, to: min(limit, 400)) }
            message.sessionProblem = sessionProblem.map { Self.cut($0, to: min(limit, 400)) }
            let bytes = try JSONValue(encoding: message).encoded()
            if bytes.count <= Self.maximumBytes || limit < 16 { return bytes }
            limit /= 2
        }
    }

    /// Reads a termination message.
    ///
    /// - Returns: `nil` when it is none of ours or of a version that this code does not know.
    package static func read(_ text: String) -> RunResultMessage? {
        guard text.utf8.count <= 4096, let value = try? JSONValue.parse(text),
            let message = try? value.decode(RunResultMessage.self), message.version == currentVersion
        else { return nil }
        return message
    }

    /// By code points: what counts as one character has no bound.
    private static func cut(_ text: String, to limit: Int) -> String {
        let scalars = text.unicodeScalars
        return scalars.count <= limit ? text : String(scalars.prefix(limit - 1)) + "…"
    }
}
