// SPDX-License-Identifier: MIT
import HTTPServing

/// What a person sees who follows an `html_url`: the issue or pull request as plain text.
///
/// Text, because what people and agents wrote must not become markup, and nobody needs more of a stand-in.
enum ForgePage {
    /// The page of a path such as `/acme/shop/pull/1`, nil for any other and for private repositories.
    static func page(_ segments: [String], state: ForgeState) -> ServerResponse? {
        guard segments.count == 4, let number = Int(segments[3]), ["issues", "pull"].contains(segments[2]),
            let repository = state.repository(owner: segments[0], name: segments[1]), !repository.isPrivate
        else { return nil }
        let pullKey = IssueKey(repository: repository.id, number: number, isPull: true)
        let key = segments[2] == "pull" ? pullKey : pullKey.pairedIssue
        guard let issue = state.issues[key] else { return nil }
        let conversation = state.issues[key.pairedIssue] ?? issue
        func login(_ id: Int64) -> String { state.users[id]?.login ?? "ghost" }
        var lines = ["codex-k8s forge stand-in · \(repository.fullName)", "", "#\(number) \(issue.title)"]
        lines.append("\(issue.isClosed ? "closed" : "open"), by \(login(issue.author)) at \(issue.createdAt)")
        if let pull = state.pulls[key] {
            lines.append(
                "\(pull.head) (\(pull.headSHA.prefix(10))) into \(pull.base)\(pull.mergedAt == nil ? "" : ", merged")")
        }
        if !conversation.labels.isEmpty { lines.append("labels: \(conversation.labels.joined(separator: ", "))") }
        lines += ["", issue.body ?? "", ""]
        for review in state.reviews(of: key) {
            lines += ["-- \(login(review.author)) reviewed: \(review.state)", review.body, ""]
        }
        for comment in state.reviewComments(of: key) {
            lines += ["-- \(login(comment.author)) on \(comment.path) line \(comment.line ?? 0)", comment.body, ""]
        }
        for comment in state.comments(of: conversation.key) {
            lines += ["-- \(login(comment.author)) at \(comment.createdAt)", comment.body, ""]
        }
        return .text(lines.joined(separator: "\n") + "\n")
    }
}
