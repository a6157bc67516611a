// SPDX-License-Identifier: MIT
import CommandLineInterface
import OperatorParts
import SystemCalls

/// Which program does the work in the laptop mode's pods.
enum DevAgent: Equatable {
    /// The smallest agent that keeps the contract; it asks no model.
    case standIn
    /// The real codex CLI, which asks the model's stand-in.
    case codex(program: String)
    /// Any program that keeps the contract (docs/agent-contract.md).
    case program(String)

    /// What `--agent` and `--codex` say.
    ///
    /// - Throws: `UnusableInput` when there is no such program.
    init(_ parsed: ParsedCommand) throws {
        switch try parsed[DevOptions.agent] {
        case "stand-in": self = .standIn
        case "codex": self = .codex(program: try Self.codex(try parsed[DevOptions.codex]))
        case let path:
            // A bare word is a misspelt name of one of the two more often than a program.
            guard path.contains("/"), Files.isExecutable(path), !Files.isDirectory(path) else {
                throw UnusableInput("--agent \(path): expected stand-in, codex, or the path of a program")
            }
            self = .program(path.hasPrefix("/") ? path : "\(try Files.resolve("."))/\(path)")
        }
    }

    /// The command that every agent is configured with.
    var command: [String] {
        switch self {
        case .standIn: ["agent-runner", "stand-in"]
        case .codex: ["agent-runner", "codex"]
        case .program(let path): [path]
        }
    }

    /// Whether pods are given a model.
    var asksModel: Bool { self != .standIn }

    /// Folders with what an image would hold.
    var programDirectories: [String] {
        if case .codex(let program) = self { [Files.directory(of: program)] } else { [] }
    }

    /// The CLI that was named, else the one in `PATH`, else the one that the checkout's setup put there.
    private static func codex(_ given: String?) throws -> String {
        var candidates = given.map { [$0] } ?? []
        if given == nil {
            let path = ProcessIdentity.environment["PATH"] ?? ""
            candidates += path.split(separator: ":").map { "\($0)/codex" }
            var folder = Files.directory(of: try Files.executablePath())
            while folder.count > 1 {
                candidates.append("\(folder)/.build/tools/bin/codex")
                folder = Files.directory(of: folder)
            }
        }
        guard let found = candidates.first(where: Files.isExecutable) else {
            let place = given ?? "PATH and .build/tools"
            throw UnusableInput("there is no codex in \(place); hack/setup.sh fetches it, --codex names one")
        }
        // Its helpers lie beside the file itself, not beside a link to it.
        let program = try Files.resolve(found)
        guard program.hasSuffix("/codex") else {
            throw UnusableInput("\(program) is not named codex, by which pods look for it in their PATH")
        }
        return program
    }
}
