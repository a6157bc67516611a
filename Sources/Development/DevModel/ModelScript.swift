// SPDX-License-Identifier: MIT
import JSONCoding
import StandInLanguage

/// What the stand-in answers: a function of the conversation alone.
struct ModelScript: Sendable {
    /// The variable whose name in the task asks for a result file.
    static let resultVariable = "CODEXK8S_AGENT_RESULT_FILE"

    /// The answer to one request.
    enum Step: Sendable, Equatable {
        /// Asks for a shell command.
        case command(String)
        /// Reports a status by the tool of this namespace.
        case report(String, namespace: String)
        /// Ends the turn.
        case message(String)
    }

    let conversation: ModelConversation
    /// Whether `model: run COMMAND` is obeyed.
    let runsCommands: Bool

    /// The next step: the first command that was not asked for yet, else the closing message.
    var step: Step {
        let known = conversation.commands
        if let next = wanted.first(where: { !known.contains($0) }) { return .command(next) }
        if let namespace = conversation.reportNamespace {
            for case .report(let text) in ModelDirective.all(in: conversation.task)
            where !conversation.reportsOfThisTurn.contains(text) {
                return .report(text, namespace: namespace)
            }
        }
        if conversation.task.contains(Self.resultVariable) {
            let command = resultCommand
            if !conversation.commandsOfThisTurn.contains(command) { return .command(command) }
        }
        return .message(closing)
    }

    /// Whether the answer begins with a thought.
    var thinks: Bool { ModelDirective.all(in: conversation.task).contains(.think) }

    private var instructions: [Instruction] { Instruction.all(in: conversation.task) }

    private var wanted: [String] {
        let files = instructions.filter(\.isInsideCheckout).map(Self.command)
        guard runsCommands else { return files }
        return files
            + ModelDirective.all(in: conversation.task).compactMap {
                if case .run(let command) = $0 { command } else { nil }
            }
    }

    /// What was done in this turn, and what was refused.
    private var closing: String {
        for case .say(let text) in ModelDirective.all(in: conversation.task) { return text }
        let commands = conversation.commandsOfThisTurn
        let done = instructions.filter { commands.contains(Self.command($0)) }.map(\.file)
        let refused = instructions.filter { !$0.isInsideCheckout }.map(\.file)
        var sentences: [String] = []
        if !done.isEmpty { sentences.append("Created \(done.joined(separator: ", ")).") }
        if !refused.isEmpty { sentences.append("Refused \(refused.joined(separator: ", ")): not inside the checkout.") }
        return sentences.isEmpty ? "There was nothing to do." : sentences.joined(separator: " ")
    }

    private var resultCommand: String {
        let files = instructions.filter(\.isInsideCheckout).map(\.file)
        var result: JSONObject = ["summary": .string(closing)]
        if let first = files.first {
            result["commitSubject"] = .string(files.count == 1 ? "Create \(first)" : "Create \(first) and more")
        }
        let text = JSONValue.object(result).encodedString()
        return "printf '%s\\n' \(ShellText.quote(text)) > \"$\(Self.resultVariable)\""
    }

    /// Writes the file with tools that every system has.
    static func command(_ instruction: Instruction) -> String {
        let write = "printf '%s\\n' \(ShellText.quote(instruction.text)) > \(ShellText.quote("./" + instruction.file))"
        guard let slash = instruction.file.lastIndex(of: "/") else { return write }
        return "mkdir -p \(ShellText.quote("./" + instruction.file[..<slash])) && \(write)"
    }
}

/// Texts in a POSIX shell's command line.
enum ShellText {
    /// The text as one word, whatever is in it (XCU 2.2.2, single quotes).
    static func quote(_ text: some StringProtocol) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
