// SPDX-License-Identifier: MIT

extension Command {
    /// Reads a command line.
    ///
    /// Options are `--name VALUE`, `--name=VALUE`, `-n VALUE` or, for switches, `--name`; they may stand before or
    /// behind the command's name. `--help` anywhere wins over every mistake, because it is what a person types after
    /// one.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: where options with a variable look next.
    /// - Throws: ``UsageError`` for an unknown option or command, a missing or repeated option, or a bad value.
    package func parse(_ arguments: [String], environment: [String: String]) throws(UsageError) -> Invocation {
        var scanner = Scanner(root: self, arguments: arguments[...])
        do {
            if try scanner.scan() { return .help(scanner.help) }
        } catch {
            if scanner.remainderAsksForHelp { return .help(scanner.help) }
            throw error
        }
        return .run(try scanner.resolve(environment))
    }
}

/// Reads arguments from left to right.
private struct Scanner {
    /// The root, and the commands chosen below it.
    private var chosen: [Command]
    private var arguments: ArraySlice<String>
    private var given: [String: [String]] = [:]

    init(root: Command, arguments: ArraySlice<String>) {
        chosen = [root]
        self.arguments = arguments
    }

    private var command: Command { chosen[chosen.count - 1] }
    private var path: String { chosen.map(\.name).joined(separator: " ") }
    private var options: [OptionDefinition] { chosen.flatMap(\.options) }

    /// The help of the command that was reached.
    var help: String { command.help(path: path, inherited: chosen.dropLast().flatMap(\.options)) }

    /// Whether the arguments behind a mistake contain a call for help.
    var remainderAsksForHelp: Bool {
        arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    private func failure(_ problem: String) -> UsageError {
        UsageError(path, problem)
    }

    /// Reads all arguments; returns whether help was asked for.
    mutating func scan() throws(UsageError) -> Bool {
        while let argument = arguments.popFirst() {
            if argument == "--help" || argument == "-h" {
                return true
            } else if argument == "--" {
                guard let extra = arguments.first else { return false }
                throw failure("unexpected argument '\(extra)'")
            } else if argument.hasPrefix("--") {
                try scanLong(argument.dropFirst(2))
            } else if argument.hasPrefix("-"), argument.count > 1 {
                let letters = argument.dropFirst()
                let known = options.first { $0.short != nil && $0.short == letters.first }
                guard letters.count == 1, let known else { throw failure("unknown option \(argument)") }
                try take(known, attached: nil)
            } else {
                try descend(argument)
            }
        }
        return false
    }

    private mutating func scanLong(_ text: Substring) throws(UsageError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        guard let option = options.first(where: { $0.name == name }) else {
            let near = nearest(name, among: options.map(\.name) + ["help"])
            throw failure("unknown option --\(name)\(near.map { "; did you mean --\($0)?" } ?? "")")
        }
        try take(option, attached: parts.count == 2 ? String(parts[1]) : nil)
    }

    private mutating func take(_ option: OptionDefinition, attached: String?) throws(UsageError) {
        if option.arity != .repeated, given[option.name] != nil {
            throw failure("\(option.spelling) was given twice")
        }
        if option.arity == .flag {
            guard attached == nil else { throw failure("\(option.spelling) takes no value") }
            given[option.name] = ["true"]
            return
        }
        var value = attached
        if value == nil, let next = arguments.first, !next.hasPrefix("--") {
            value = next
            arguments.removeFirst()
        }
        guard let value else { throw failure("\(option.spelling) expects \(option.expectation)") }
        given[option.name, default: []].append(value)
    }

    private mutating func descend(_ name: String) throws(UsageError) {
        if let next = command.subcommands.first(where: { $0.name == name }) {
            chosen.append(next)
            return
        }
        guard !command.subcommands.isEmpty else { throw failure("unexpected argument '\(name)'") }
        throw failure("unknown command '\(name)'; expected \(commandNames)")
    }

    private var commandNames: String { command.subcommands.map(\.name).joined(separator: ", ") }

    /// Fills in environment and defaults, and checks every value.
    func resolve(_ environment: [String: String]) throws(UsageError) -> ParsedCommand {
        guard command.subcommands.isEmpty else { throw failure("a command is missing; expected \(commandNames)") }
        var values: [String: [String]] = [:]
        for option in options {
            let (texts, origin) = texts(of: option, environment)
            if texts.isEmpty, option.arity == .required {
                let variable = option.environment.map { ", or set \($0)" } ?? ""
                throw failure("\(option.spelling) \(option.placeholder) is required\(variable)")
            }
            for text in texts where !option.isAcceptable(text) {
                let shown = option.isSensitive ? "" : ", not '\(text)'"
                throw failure("\(origin) expects \(option.expectation)\(shown)")
            }
            values[option.name] = texts
        }
        return ParsedCommand(path: chosen.dropFirst().map(\.name), values: values)
    }

    /// The texts of an option and the name of the place that they came from.
    private func texts(of option: OptionDefinition, _ environment: [String: String]) -> ([String], String) {
        if let texts = given[option.name] { return (texts, option.spelling) }
        if let variable = option.environment, let text = environment[variable], !text.isEmpty {
            return ([text], variable)
        }
        return (option.fallback.map { [$0] } ?? [], option.spelling)
    }
}

/// The name that was probably meant: at most two edits away, and fewer than it has letters.
private func nearest(_ typed: String, among names: [String]) -> String? {
    let best = names.map { (name: $0, distance: editDistance(typed, $0)) }.min { $0.distance < $1.distance }
    guard let best, best.distance <= min(2, best.name.count - 1) else { return nil }
    return best.name
}

/// Levenshtein's distance: insertions, deletions and substitutions from one word to the other.
private func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in right.indices {
            let substituted = diagonal + (character == right[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
        }
    }
    return row[right.count]
}
