// SPDX-License-Identifier: MIT
import Testing

@testable import CommandLineInterface

@Suite struct CommandParseTests {
    enum Level: String, CaseIterable { case debug, info }

    static let config = Option<String>.required(
        "config", .file, short: "c", environment: "APP_CONFIG", help: "The file.")
    static let port = Option<Int>.optional(
        "port", .integer(0...65535), default: "8080", environment: "APP_PORT", help: "The port.")
    static let level = Option<Level>.optional("log-level", .choice("LEVEL"), default: "info", help: "How much to say.")
    static let url = Option<String?>.optional(
        "database-url", .url("postgres", "postgresql"), environment: "APP_DB", sensitive: true, help: "The database.")
    static let keep = Option<Bool>.flag("keep", environment: "APP_KEEP", help: "Leave it running.")
    static let label = Option<[String]>.repeated("label", .text("LABEL"), short: "l", help: "A label.")

    static let app = Command(
        "app", summary: "An example.", options: [level.definition],
        subcommands: [
            Command(
                "serve", summary: "Serve things.",
                options: [config.definition, port.definition, url.definition, keep.definition, label.definition]),
            Command(
                "config", summary: "About the configuration.",
                subcommands: [
                    Command("check", summary: "Check it.", options: [config.definition])
                ]),
        ])

    private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> ParsedCommand {
        guard case .run(let parsed) = try Self.app.parse(arguments, environment: environment) else {
            throw UsageError("test", "asked for help")
        }
        return parsed
    }

    @Test func defaultsFillWhatIsNotGiven() throws {
        let parsed = try run("serve", "--config", "a.yaml")
        #expect(parsed.path == ["serve"])
        #expect(try parsed[Self.config] == "a.yaml")
        #expect(try parsed[Self.port] == 8080)
        #expect(try parsed[Self.level] == .info)
        #expect(try parsed[Self.url] == nil)
        #expect(try parsed[Self.keep] == false)
        #expect(try parsed[Self.label] == [])
        #expect(!parsed.has(Self.url) && parsed.has(Self.port))
    }

    @Test func allFormsOfAnOption() throws {
        let parsed = try run(
            "--log-level=debug", "serve", "-c", "-", "--port=1", "--keep", "-l", "a=b", "--label=c=d", "--database-url",
            "postgres://x")
        #expect(try parsed[Self.level] == .debug)
        #expect(try parsed[Self.config] == "-")
        #expect(try parsed[Self.port] == 1)
        #expect(try parsed[Self.keep])
        #expect(try parsed[Self.label] == ["a=b", "c=d"])
        #expect(try parsed[Self.url] == "postgres://x")
    }

    @Test func subcommandsNest() throws {
        let parsed = try run("config", "check", "--config", "x", "--log-level", "debug", "--")
        #expect(parsed.path == ["config", "check"])
        #expect(try parsed[Self.level] == .debug)
        #expect(throws: UsageError.self) { try parsed[Self.port] }
    }

    @Test func theCommandLineWinsOverTheEnvironmentAndThatOverTheDefault() throws {
        let environment = ["APP_CONFIG": "env.yaml", "APP_PORT": "1", "APP_KEEP": "true", "APP_DB": ""]
        let parsed = try run("serve", "--port", "2", environment: environment)
        #expect(try parsed[Self.config] == "env.yaml")
        #expect(try parsed[Self.port] == 2)
        #expect(try parsed[Self.keep])
        #expect(try parsed[Self.url] == nil)
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var environment: [String: String] = [:]
        var says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Mistake(arguments: [], says: "app: a command is missing; expected serve, config (see app --help)"),
        Mistake(
            arguments: ["config"], says: "app config: a command is missing; expected check (see app config --help)"),
        Mistake(arguments: ["sirve"], says: "app: unknown command 'sirve'; expected serve, config (see app --help)"),
        Mistake(
            arguments: ["serve"], says: "app serve: --config FILE is required, or set APP_CONFIG (see app serve --help)"
        ),
        Mistake(
            arguments: ["serve", "--confg", "x"],
            says: "app serve: unknown option --confg; did you mean --config? (see app serve --help)"),
        Mistake(
            arguments: ["serve", "--frobnicate"],
            says: "app serve: unknown option --frobnicate (see app serve --help)"),
        Mistake(arguments: ["serve", "-x"], says: "app serve: unknown option -x (see app serve --help)"),
        Mistake(arguments: ["serve", "-cx"], says: "app serve: unknown option -cx (see app serve --help)"),
        Mistake(arguments: ["--port", "1"], says: "app: unknown option --port (see app --help)"),
        Mistake(
            arguments: ["serve", "--config"],
            says: "app serve: --config expects the path of a file (see app serve --help)"),
        Mistake(
            arguments: ["serve", "--config", "--keep"],
            says: "app serve: --config expects the path of a file (see app serve --help)"),
        Mistake(
            arguments: ["serve", "--config="],
            says: "app serve: --config expects the path of a file, not '' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a", "-c", "b"],
            says: "app serve: --config was given twice (see app serve --help)"),
        Mistake(arguments: ["serve", "--keep=true"], says: "app serve: --keep takes no value (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a", "b"], says: "app serve: unexpected argument 'b' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a", "--", "b"],
            says: "app serve: unexpected argument 'b' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a", "--port", "70000"],
            says: "app serve: --port expects a whole number from 0 to 65535, not '70000' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a"], environment: ["APP_PORT": "x"],
            says: "app serve: APP_PORT expects a whole number from 0 to 65535, not 'x' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a"], environment: ["APP_KEEP": "1"],
            says: "app serve: APP_KEEP expects true or false, not '1' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a", "--log-level", "loud"],
            says: "app serve: --log-level expects one of debug, info, not 'loud' (see app serve --help)"),
        Mistake(
            arguments: ["serve", "-c", "a", "--database-url", "mysql://user:hunter2@host"],
            says: "app serve: --database-url expects a URL with postgres:// or postgresql:// (see app serve --help)"),
    ])
    func aMistakeIsOneLineThatSaysWhatWasExpected(mistake: Mistake) {
        let error = #expect(throws: UsageError.self) {
            try Self.app.parse(mistake.arguments, environment: mistake.environment)
        }
        #expect(error?.description == mistake.says)
    }

    @Test(arguments: [
        (["--help"], "USAGE: app COMMAND [options]"), (["-h", "serve"], "USAGE: app COMMAND"),
        (["serve", "--help"], "USAGE: app serve --config FILE [options]"),
        (["serve", "--bogus", "1", "--help"], "USAGE: app serve"),
        (["config", "check", "--config", "x", "-h"], "USAGE: app config check --config FILE [options]"),
    ])
    func helpWinsOverEverything(arguments: [String], starts: String) throws {
        guard case .help(let text) = try Self.app.parse(arguments, environment: [:]) else {
            return #expect(Bool(false), "no help")
        }
        #expect(text.hasPrefix(starts))
    }

    @Test func helpOfACommand() throws {
        guard case .help(let text) = try Self.app.parse(["serve", "--help"], environment: ["APP_DB": "hunter2"]) else {
            return #expect(Bool(false), "no help")
        }
        #expect(
            text == """
                USAGE: app serve --config FILE [options]

                Serve things.

                OPTIONS:
                  -c, --config FILE   The file. (required; environment: APP_CONFIG)
                  --port NUMBER       The port. (a whole number from 0 to 65535; default: 8080; environment:
                                      APP_PORT)
                  --database-url URL  The database. (a URL with postgres:// or postgresql://; environment: APP_DB)
                  --keep              Leave it running. (environment: APP_KEEP)
                  -l, --label LABEL   A label. (may be repeated)
                  --log-level LEVEL   How much to say. (one of debug, info; default: info)
                  -h, --help          Show this help.

                """)
    }

    @Test func helpOfTheProgramListsItsCommands() throws {
        guard case .help(let text) = try Self.app.parse(["--help"], environment: [:]) else {
            return #expect(Bool(false), "no help")
        }
        #expect(text.contains("COMMANDS:\n  serve   Serve things.\n  config  About the configuration.\n"))
    }
}
