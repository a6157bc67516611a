// SPDX-License-Identifier: MIT
import AgentAPI

/// The message of a commit of a run.
struct CommitMessage: Sendable, Equatable {
    /// Names the run in the message, so that a later attempt knows the commits of an earlier one.
    static let trailer = "Codex-K8s-Run"

    let text: String

    /// The message of what the agent left without a commit.
    ///
    /// - Parameter subject: one line; what is too long for a subject (72 columns) is cut.
    init(subject: String, runUID: String, reference: String) {
        self.init(subject: subject, body: "", runUID: runUID, reference: reference)
    }

    /// The message of a commit that the agent made itself: what it wrote, as far as it is English, with mentions and
    /// references made plain words.
    ///
    /// - Parameter otherwise: the subject where the agent's is none.
    init(written: String, otherwise: String, runUID: String, reference: String) {
        let lines = written.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let body = lines.dropFirst().compactMap { line -> String? in
            if line.allSatisfy(\.isWhitespace) { return "" }
            return EnglishLine.of(String(line)).map { "\(line.prefix(while: \.isWhitespace))\($0)" }
        }.joined(separator: "\n")
        self.init(
            subject: lines.first.flatMap { EnglishLine.of(String($0)) } ?? otherwise,
            body: String(body.trimmingPrefix(while: \.isNewline)), runUID: runUID, reference: reference)
    }

    private init(subject: String, body: String, runUID: String, reference: String) {
        let line = subject.split(whereSeparator: \.isNewline).first.map(String.init) ?? "Work on the issue"
        let short = line.count <= 72 ? line : line.prefix(71) + "…"
        var end = body[...]
        while end.last?.isNewline == true { end.removeLast() }
        text = "\(short)\n\n\(end.isEmpty ? "" : "\(end)\n\n")\(Self.trailer): \(runUID)\n\(reference)\n"
    }
}
