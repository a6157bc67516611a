// SPDX-License-Identifier: MIT

/// What a program, or one of its commands, accepts on the command line.
///
/// The root command carries the program's name. A command either has sub-commands or is run itself; its options are
/// also understood behind the names of its sub-commands.
package struct Command: Sendable {
    /// The word that selects it.
    package let name: String
    /// One sentence for the list of commands.
    package let summary: String
    /// What a reader of `--help` should know beyond the summary; may be empty.
    package let discussion: String
    /// Its options, in the order of the help.
    package let options: [OptionDefinition]
    /// The commands below it.
    package let subcommands: [Command]

    /// Describes a command that is run.
    package init(_ name: String, summary: String, discussion: String = "", options: [OptionDefinition] = []) {
        self.init(name, summary: summary, discussion: discussion, options: options, subcommands: [])
    }

    /// Describes a command that is a group of others, or a program.
    package init(
        _ name: String, summary: String, discussion: String = "", options: [OptionDefinition] = [],
        subcommands: [Command]
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.subcommands = subcommands
    }
}

/// What the user asked for.
package enum Invocation: Sendable {
    /// Print this text to standard output and end with 0.
    case help(String)
    /// Run a command.
    case run(ParsedCommand)
}

/// A command with its values, all of them checked.
package struct ParsedCommand: Sendable {
    /// The names of the command and those above it, without the program's: `["config", "check"]`.
    package let path: [String]
    let values: [String: [String]]

    /// The value of an option.
    ///
    /// - Throws: ``UsageError`` only if the option is not one of this command's: parsing has checked all others.
    package subscript<Value>(option: Option<Value>) -> Value {
        get throws(UsageError) {
            guard let texts = values[option.definition.name], let value = option.read(texts) else {
                throw UsageError(path.joined(separator: " "), "\(option.definition.spelling) is not an option here")
            }
            return value
        }
    }

    /// Whether an option was given, came from the environment, or has a default.
    package func has<Value>(_ option: Option<Value>) -> Bool {
        values[option.definition.name]?.isEmpty == false
    }
}

/// A mistake on the command line, in one line for the person who made it. The executable prints it and ends with
/// ``exitCode``.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    /// The status that tells a script "you called me wrongly", as opposed to "it did not work".
    package static let exitCode: Int32 = 2

    /// The program and command as typed, such as `codex-k8s config check`.
    package let command: String
    /// What is wrong and what was expected.
    package let problem: String

    /// Joins a command and its problem.
    package init(_ command: String, _ problem: String) {
        self.command = command
        self.problem = problem
    }

    /// The line to print.
    package var description: String { "\(command): \(problem) (see \(command) --help)" }
}
