// SPDX-License-Identifier: MIT
import DevPostgres
import Postgres
import Prompts
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PromptTemplateCommandTests {
    private static let migrations: MigrationSource = .directory(
        "\(#filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" })/migrations")

    private func withDatabase(_ body: (CommandFixture, [String]) async throws -> Void) async throws {
        let url = try await DisposablePostgres.makeDatabase()
        let owner = PostgresClient(url: url, configuration: PostgresConfiguration(connections: 1))
        defer { owner.shutdown() }
        _ = try await Migrator(Self.migrations).migrate(on: owner)
        try await CommandFixture.with { try await body($0, ["--database-url", url.reveal()]) }
    }

    @Test func aStoredTemplateIsUsedUntilItIsTakenBack() async throws {
        try await withDatabase { fixture, database in
            let slot = ["--agent", "dev"] + database
            let files = ["--config", "@config.yaml", "--run", "@run.yaml", "--issue", "@issue.yaml"]
            let render = ["render"] + files + database
            try fixture.write("one.md", "First words on {{issue}}.\n")
            try fixture.write("two.md", "Second words on {{issue}}.\n")
            let first = try await fixture.done(["set", "--file", "@one.md", "--by", "ada"] + slot)
            #expect(first.output.hasPrefix("global dev/work.en version=1 active sha256="))
            #expect(first.output.contains(" by=ada at=20"))
            let second = try await fixture.done(["set", "--file", "@two.md", "--draft"] + slot)
            #expect(second.output.hasPrefix("global dev/work.en version=2 inactive"))
            #expect(second.output.contains("by=unknown"))
            var shown = try await fixture.done(render)
            #expect(shown.output.contains("First words on #42."))
            #expect(shown.errors.contains("source=global-override version=1"))

            // The repository's own stands before that of all.
            _ = try await fixture.done(["set", "--file", "@two.md", "--repository-id", "7"] + slot)
            shown = try await fixture.done(render)
            #expect(shown.output.contains("Second words"))
            #expect(shown.errors.contains("source=repository-override version=1"))
            let own = slot + ["--repository", "acme/shop", "--config", "@config.yaml"]
            for words in ["is used any more", "was used"] {
                let outcome = try await fixture.done(["deactivate", "--by", "grace"] + own)
                #expect(outcome.output == "repository 7 dev/work.en: no version \(words)\n")
            }

            #expect(
                try await fixture.done(["activate", "--version", "2", "--by", "eve"] + slot).output
                    == "global dev/work.en version 2 is used from now on\n")
            #expect(try await fixture.done(render).errors.contains("source=global-override version=2"))
            let history = try await fixture.done(["history"] + slot).output.split(separator: "\n")
            #expect(history.map { $0.split(separator: " ").dropFirst(2).prefix(2).joined(separator: " ") } == [
                "version=2 active", "version=1 inactive", "activated version=2", "stored version=2",
                "activated version=1", "stored version=1",
            ])
            #expect(history[2].contains("activated version=2 replaced=1 by=eve at=20"))
            #expect(history[4].contains("activated version=1 by=ada at=20"))
            let ownHistory = try await fixture.done(["history"] + own).output.split(separator: "\n")
            #expect(ownHistory.count == 4)
            #expect(ownHistory.dropFirst().first?.contains("deactivated version=1 by=grace at=20") == true)
            #expect(try await fixture.done(["show"] + slot).output == "Second words on {{issue}}.\n")
            #expect(try await fixture.done(["show", "--version", "1"] + slot).output == "First words on {{issue}}.\n")
            let list = try await fixture.done(["list"] + database).output.split(separator: "\n")
            #expect(list.count == 32 + 2 && list[32].hasPrefix("global dev/work.en version=2 active"))
            #expect(list[33].hasPrefix("repository 7 dev/work.en version=1 inactive"))
        }
    }

    @Test func whatCannotBeUsedIsNotStored() async throws {
        try await withDatabase { fixture, database in
            try fixture.write("bad.md", "Do it.\nDo {{isue}}.\n")
            let slot = ["--agent", "dev"] + database
            let cases: [([String], [String])] = [
                (["set", "--file", "@bad.md"] + slot, ["bad.md", "global dev/work.en", "line 2", "{{isue}}", "issue"]),
                (["set", "--file", "@none.md"] + slot, ["none.md"]), (["set"] + slot, ["--file FILE is required"]),
                (["set", "--agent", "deb", "--file", "@issue.yaml"] + database, ["\"deb\"", "dev", "--config"]),
                (["activate", "--version", "3"] + slot, ["no version 3", "stored: none"]),
                (["history"] + slot, ["no stored version"]), (["show"] + slot, ["no version in use", "--built-in"]),
                (["set", "--file", "@issue.yaml", "--kind", "talk"] + slot, ["work, revise"]),
                (["history", "--repository", "acme/shop"] + slot, ["needs --config"]),
                (["history", "--repository", "a/b", "--config", "@config.yaml"] + slot, ["a/b is not configured"]),
                (["history", "--repository", "acme/shop", "--repository-id", "7"] + slot, ["one is enough"]),
                (["history", "--repository", "acme/laden", "--config", "@config.yaml"] + slot, ["github.appID"]),
            ]
            for (arguments, words) in cases {
                let outcome = try await fixture.prompts(arguments)
                #expect(outcome.code == 2, "\(arguments): \(outcome.code) \(outcome.errors)")
                for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors) lacks \(word)") }
            }
            // An agent that is configured besides has a place of its own.
            let helper = ["set", "--agent", "helper", "--config", "@config.yaml", "--file", "@issue.yaml"] + database
            #expect(try await fixture.done(helper).output.hasPrefix("global helper/work.en version=1 active"))
        }
    }

    @Test func theBuiltInOnesNeedNoDatabase() async throws {
        try await CommandFixture.with { fixture in
            let list = try await fixture.done(["list"])
            #expect(list.output.split(separator: "\n").count == 32 && list.errors.contains("were not looked at"))
            let shown = try await fixture.done(
                ["show", "--agent", "qa", "--kind", "revise", "--locale", "ru", "--built-in"])
            #expect(shown.output == BuiltInTemplates.template(agent: "qa", kind: .revise, locale: .ru).body)
            let refused = try await fixture.prompts(["show", "--agent", "qa"])
            #expect(refused.code == 2 && refused.errors.contains("--built-in"))
            // A database that is away is no wrong use.
            let away = try await fixture.prompts(["list", "--database-url", "postgresql://127.0.0.1:1/none"])
            #expect(away.code == 1 && away.errors.contains("reading templates"))
        }
    }
}
