// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography

/// Writes the prompt of a run. Pure and bounded: a ConfigMap takes 1 MiB in all.
///
/// The order is part of the product: policy, context, tools, issue and pull request, task, output. What people wrote
/// stands behind the policy that says what it is, and before the task and the output that say what to do with it.
package enum PromptRenderer {
    /// What no prompt is longer than, in bytes, whatever its input.
    package static let maximumBytes = 1_000_000

    /// The most bytes of one text, and of all comments together.
    enum Bound {
        static let title = 1_000
        static let labels = 2_000
        static let body = 128_000
        static let pullRequestBody = 32_000
        static let comment = 16_000
        static let comments = 256_000
        static let tools = 100
    }

    /// The whole prompt.
    package static func render(_ input: PromptInput) -> String {
        let phrases = PromptPhrases(locale: input.locale)
        let sections = [
            phrases.policy(input.run), phrases.context(input.run, pullRequest: input.pullRequest?.number),
            phrases.tools(input.tools.prefix(Bound.tools).map(\.self)), people(input, phrases), task(input, phrases),
            phrases.output(input.run, reportsStatus: input.tools.contains { $0.name == Names.statusReportTool }),
        ]
        return sections.joined(separator: "\n\n") + "\n"
    }

    /// SHA-256 of a prompt, in hexadecimal.
    package static func digest(of prompt: String) -> String { Hex.encode(SHA256.digest(prompt)) }

    /// Issue, pull request and comments, each in a fence of its own.
    private static func people(_ input: PromptInput, _ phrases: PromptPhrases) -> String {
        func fenced(_ what: String, _ text: String, _ limit: Int) -> String {
            UntrustedText(text, limit: limit).fenced(what, note: phrases.cut)
        }
        let issue = input.issue
        let author = issue.author.map { ", @\($0)" } ?? ""
        var parts = [
            phrases.issueHeading(hasPullRequest: input.pullRequest != nil),
            fenced("issue title\(author)", issue.title, Bound.title),
        ]
        if !issue.labels.isEmpty {
            parts.append(fenced("issue labels", issue.labels.joined(separator: "\n"), Bound.labels))
        }
        parts.append(issue.body.isEmpty ? phrases.emptyIssue : fenced("issue text\(author)", issue.body, Bound.body))
        if let pullRequest = input.pullRequest {
            parts.append(fenced("pull request title", pullRequest.title, Bound.title))
            if !pullRequest.body.isEmpty {
                parts.append(fenced("pull request text", pullRequest.body, Bound.pullRequestBody))
            }
        }
        return (parts + comments(input, phrases)).joined(separator: "\n\n")
    }

    /// The newest comments that fit, oldest first.
    private static func comments(_ input: PromptInput, _ phrases: PromptPhrases) -> [String] {
        guard !input.comments.isEmpty else {
            return input.run.revise ? [phrases.noComments] : []
        }
        var shown: [String] = []
        var room = Bound.comments
        for comment in input.comments.reversed() {
            let text = UntrustedText(comment.body, limit: Bound.comment)
            // What stands around a comment counts as well: a thousand empty ones are not free.
            let size = text.byteCount + 1_500
            guard size <= room else { break }
            room -= size
            let place = comment.place.map { ", \($0)" } ?? ""
            shown.append(text.fenced("comment of @\(comment.author.oneLine(limit: 60))\(place)", note: phrases.cut))
        }
        let heading = phrases.commentsHeading(
            ofPullRequest: input.pullRequest != nil, leftOut: input.comments.count - shown.count)
        return [heading] + shown.reversed()
    }

    private static func task(_ input: PromptInput, _ phrases: PromptPhrases) -> String {
        let run = input.run
        let body = input.template.text { placeholder in
            let value: String? =
                switch placeholder {
                case .agent: run.agent
                case .baseBranch: run.baseBranch
                case .branch: run.branch
                case .environment: run.environment
                case .issue: "#\(run.issue)"
                case .kind: run.kind.rawValue
                case .mode: run.mode.rawValue
                case .model: run.model
                case .pullRequest: input.pullRequest.map { "#\($0.number)" }
                case .reasoning: run.reasoningEffort
                case .repository: run.repository
                case .role: run.role
                case .writeScope: phrases.scope(run)
                }
            return value.map { $0.oneLine(limit: 500) } ?? phrases.none
        }
        var lines = Substring(body)
        while lines.last?.isNewline == true { lines.removeLast() }
        return phrases.taskHeading(run) + "\n\n" + lines
    }
}
