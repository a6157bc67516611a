// SPDX-License-Identifier: MIT

/// The message of the commit that the runner makes of what the agent left.
struct CommitMessage: Sendable, Equatable {
    /// Names the run in the message, so that a later attempt knows the commits of an earlier one.
    static let trailer = "Codex-K8s-Run"

    let text: String

    /// - Parameter subject: one line; what is too long for a subject (72 columns) is cut.
    init(subject: String, runUID: String, reference: String) {
        let line = subject.split(whereSeparator: \.isNewline).first.map(String.init) ?? "Work on the issue"
        let short = line.count <= 72 ? line : line.prefix(71) + "…"
        text = "\(short)\n\n\(Self.trailer): \(runUID)\n\(reference)\n"
    }
}
