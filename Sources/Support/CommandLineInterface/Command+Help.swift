// SPDX-License-Identifier: MIT

extension Command {
    /// The text of `--help`.
    ///
    /// - Parameters:
    ///   - path: the program and command as typed.
    ///   - inherited: the options of the commands above.
    func help(path: String, inherited: [OptionDefinition]) -> String {
        let all = options + inherited
        var usage = "USAGE: \(path)"
        if !subcommands.isEmpty { usage += " COMMAND" }
        for option in all where option.arity == .required { usage += " \(option.spelling) \(option.placeholder)" }
        usage += " [options]"

        var sections = [usage, wrapped(summary, indent: 0)]
        if !discussion.isEmpty { sections.append(wrapped(discussion, indent: 0)) }
        if !subcommands.isEmpty {
            sections.append("COMMANDS:\n" + table(subcommands.map { ($0.name, $0.summary) }))
        }
        let rows = all.map { ($0.synopsis, $0.explanation) } + [("-h, --help", "Show this help.")]
        sections.append("OPTIONS:\n" + table(rows))
        return sections.joined(separator: "\n\n") + "\n"
    }
}

extension OptionDefinition {
    /// The left column: `-c, --config FILE`.
    fileprivate var synopsis: String {
        (short.map { "-\($0), " } ?? "") + spelling + (arity == .flag ? "" : " \(placeholder)")
    }

    /// The right column: the help, then what else a user has to know.
    fileprivate var explanation: String {
        var notes: [String] = []
        if arity == .required { notes.append("required") }
        if arity == .repeated { notes.append("may be repeated") }
        if arity != .flag, !isObvious { notes.append(expectation) }
        if let fallback { notes.append("default: \(fallback)") }
        if let environment { notes.append("environment: \(environment)") }
        return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
    }
}

/// Two columns; the left one is as wide as its widest entry, up to a limit beyond which the right goes below.
private func table(_ rows: [(left: String, right: String)]) -> String {
    let width = rows.map(\.left.count).filter { $0 <= 28 }.max() ?? 0
    return rows.map { row in
        let right = wrapped(row.right, indent: width + 4)
        guard row.left.count <= width else {
            return "  \(row.left)\n" + String(repeating: " ", count: width + 4) + right
        }
        return "  " + row.left + String(repeating: " ", count: width - row.left.count + 2) + right
    }
    .joined(separator: "\n")
}

/// The text broken at spaces for a terminal of 100 columns; every line but the first is indented.
private func wrapped(_ text: String, indent: Int) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        if let last = lines.last, last.count + 1 + word.count <= 100 - indent {
            lines[lines.count - 1] = "\(last) \(word)"
        } else {
            lines.append(String(word))
        }
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
}
