// SPDX-License-Identifier: MIT
import AgentAPI

/// What `git push --porcelain` said about the one ref that was pushed (git-push(1), "Output").
enum PushReport: Equatable {
    /// The branch has our commit now, or had it already.
    case accepted
    /// Someone else pushed meanwhile.
    case moved(String)
    /// The other side does not want it.
    case refused(String)
    /// No line about the ref: the push did not come that far.
    case unknown

    init(_ output: String) {
        self = .unknown
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 3, let flag = fields[0].first else { continue }
            switch flag {
            case " ", "*", "=", "+": self = .accepted
            case "!": self = Self.rejection(String(fields[2]))
            default: continue
            }
        }
    }

    /// What the remote said to the person who pushed: its lines in git's messages. The line about the ref often says only
    /// that there was a reason.
    static func words(ofRemote messages: String) -> String {
        let lines = messages.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("remote:") }
        return OneLine.of(lines.map { $0.dropFirst("remote:".count) }.joined(separator: " "), limit: 300)
    }

    /// Tells apart what a fetch can mend and what it cannot.
    private static func rejection(_ summary: String) -> PushReport {
        let reason = summary.firstIndex(of: "(").map { String(summary[$0...].dropFirst().dropLast()) } ?? summary
        if summary.hasPrefix("[rejected]") { return .moved(reason) }
        // A server that lost a race says so as a refusal of its own.
        let races = ["failed to update ref", "cannot lock ref", "incorrect old value", "stale info", "fetch first"]
        if races.contains(where: { reason.contains($0) }) { return .moved(reason) }
        return .refused(reason)
    }
}
