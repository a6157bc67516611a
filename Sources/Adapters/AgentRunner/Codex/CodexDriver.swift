// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// Follows one run of `codex exec` by its events and decides what they mean. It starts and writes nothing itself.
struct CodexDriver {
    /// What is to be done about an event.
    enum Action: Equatable {
        /// A line for whoever reads the container's log.
        case log(String)
        /// A line of the progress file.
        case progress(JSONValue)
        /// codex is to be ended, for this reason.
        case end(String)
    }

    /// How the run ended.
    enum Verdict: Equatable {
        case done
        case failed(String)
        /// The session cannot be gone on with, for this reason: a fresh one may be begun.
        case notResumed(String)
    }

    /// Attempts to reach the model in a row, without anything else between them, after which codex is ended.
    static let reconnectLimit = 60
    /// The longest line of the log, in characters.
    static let longestLine = 300

    /// The session to go on with; nil for a fresh one.
    let wantedSession: String?
    /// The session that codex began or went on with.
    private(set) var sessionID: String?
    /// The agent's last message, which is its summary.
    private(set) var lastMessage: String?
    private var hasCompleted = false
    private var failure: String?
    private var lastError: String?
    private var reconnects = 0
    private var endReason: String?
    /// True once the model did something in this run.
    private var hasWorked = false

    init(wantedSession: String?) { self.wantedSession = wantedSession }

    /// True when codex goes on with the session that was wanted.
    var isResumed: Bool { wantedSession != nil && sessionID == wantedSession }

    /// Takes an event and tells what is to be done about it, in order.
    mutating func take(_ event: CodexEvent) -> [Action] {
        if case .error(let message) = event, message.hasPrefix("Reconnecting") { return reconnecting(message) }
        reconnects = 0
        switch event {
        case .threadStarted(let id): return begin(id)
        case .turnStarted, .other: return []
        case .turnCompleted:
            hasCompleted = true
            failure = nil
            return [.log("the turn is done")]
        case .turnFailed(let message):
            failure = message
            return [log("the turn failed", message)]
        case .error(let message):
            lastError = message
            return [log("error", message)]
        case .itemStarted(let item), .itemUpdated(let item): return begun(item)
        case .itemCompleted(let item): return completed(item)
        }
    }

    /// What the run came to.
    ///
    /// - Parameters:
    ///   - exitCode: of codex.
    ///   - errors: what it wrote to standard error.
    func verdict(exitCode: Int32, errors: String) -> Verdict {
        if let endReason { return .failed(endReason) }
        if exitCode == 0, hasCompleted, failure == nil { return .done }
        let words = failure ?? Self.signal(exitCode) ?? lastError ?? Self.reason(in: errors)
        let reason = OneLine.make(words ?? "codex ended with exit code \(exitCode) and said nothing", limit: 1000)
        if wantedSession != nil, sessionID == nil { return .notResumed(reason) }
        if isResumed, !hasWorked, Self.refusesHistory(reason) { return .notResumed(reason) }
        if exitCode == 0, failure == nil { return .failed("the turn was not ended: \(reason)") }
        return .failed(reason)
    }

    private mutating func begin(_ id: String) -> [Action] {
        sessionID = id
        return [
            .log("session \(OneLine.make(id, limit: 100))\(isResumed ? ", resumed" : "")"),
            .progress(["type": "session", "id": .string(id), "resumed": .bool(isResumed)]),
        ]
    }

    private mutating func reconnecting(_ message: String) -> [Action] {
        reconnects += 1
        guard reconnects >= Self.reconnectLimit, endReason == nil else { return [log("error", message)] }
        let reason = OneLine.make("codex tried \(reconnects) times in vain to reach its model: \(message)", limit: 1000)
        endReason = reason
        return [.log(reason), .end(reason)]
    }

    private mutating func begun(_ item: CodexEvent.Item) -> [Action] {
        hasWorked = true
        switch item {
        case .plan(let done, let count): return [status("\(done) of \(count) steps done")]
        case .command(let command, _, _):
            let text = Self.inner(command)
            return [log("$", text), status("runs \(text)")]
        case .tool(_, let name, _): return [log("calls", name), status("calls \(name)")]
        default: return []
        }
    }

    private mutating func completed(_ item: CodexEvent.Item) -> [Action] {
        switch item {
        case .warning(let text): return [log("warning", text)]
        case .other: return []
        default: hasWorked = true
        }
        switch item {
        case .message(let text):
            lastMessage = AgentResult.summary(text)
            return [log("says", text), status(text)]
        case .reasoning(let text): return [log("thinks", text)]
        case .command(_, let code?, let output) where code != 0:
            return [log("exit \(code)", Self.lastLine(of: output) ?? "")]
        case .fileChange(let paths):
            let text = paths.joined(separator: ", ")
            return [log("changes", text), status("changes \(text)")]
        case .tool(_, let name, let problem?): return [log("\(name) failed", problem)]
        case .search(let query): return [log("searches", query)]
        default: return []
        }
    }

    private func log(_ word: String, _ text: String) -> Action {
        .log(OneLine.make("\(word)\(word.hasSuffix("$") ? "" : ":") \(text)", limit: Self.longestLine))
    }

    private func status(_ text: String) -> Action {
        .progress(["type": "status", "text": .string(OneLine.make(text, limit: ProgressReport.longestLine))])
    }

    /// The command itself where codex shows the shell that runs it.
    private static func inner(_ command: String) -> String {
        for shell in ["/bin/bash -lc ", "bash -lc ", "/bin/sh -c ", "/bin/sh -lc "] where command.hasPrefix(shell) {
            let text = command.dropFirst(shell.count)
            let inside = text.dropFirst().dropLast()
            for quote: Character in ["'", "\""] where text.first == quote && text.last == quote && !inside.isEmpty {
                if !inside.contains(quote) { return String(inside) }
            }
            return String(text)
        }
        return command
    }

    /// What an exit code means that a shell would give for a death by a signal (signal(7)).
    private static func signal(_ exitCode: Int32) -> String? {
        switch exitCode {
        case 137: "codex was killed, perhaps because the container had no memory left"
        case 129...159: "codex was ended by signal \(exitCode - 128)"
        default: nil
        }
    }

    /// What codex says when it cannot begin: details and a stack may follow that.
    private static func reason(in errors: String) -> String? {
        let lines = errors.split(whereSeparator: \.isNewline)
        return lines.first { $0.hasPrefix("Error") }.map(String.init) ?? lastLine(of: errors)
    }

    private static func lastLine(of text: String) -> String? {
        text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    /// Whether the provider refused the conversation itself: another account's reasoning, too long a history.
    private static func refusesHistory(_ message: String) -> Bool {
        ["invalid_encrypted_content", "context_length_exceeded", "context window", "status 400", "400 Bad Request"]
            .contains { message.contains($0) }
    }
}
