// SPDX-License-Identifier: MIT
import AuditStore
import AuditTrail
import DevPostgres
import Postgres
import Prompts
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PostgresPromptTemplatesTests {
    private static let global = TemplateSlot(scope: .global, agent: "dev", kind: .work, locale: .en)
    private static let own = TemplateSlot(scope: .repository(7), agent: "dev", kind: .work, locale: .en)

    private func template(_ body: String) throws -> PromptTemplate { try PromptTemplate(body, name: "test") }

    @Test func versionsAreAddedAndNeverRewritten() async throws {
        try await withStore { service, owner in
            let store = PostgresPromptTemplates(client: service)
            let first = try await store.addTemplate(template("one"), to: Self.global, by: "ada", activate: true)
            #expect(first.key == TemplateKey(slot: Self.global, version: 1) && first.isActive)
            let hash = try template("one").hash
            #expect(first.body == "one" && first.createdBy == "ada" && first.hash == hash)
            let second = try await store.addTemplate(template("two"), to: Self.global, by: "", activate: false)
            #expect(second.key.version == 2 && !second.isActive && second.createdBy == "unknown")
            // A slot has its own count.
            let other = try await store.addTemplate(template("own"), to: Self.own, by: "ada", activate: true)
            #expect(other.key.version == 1)
            let history = try await store.templateHistory(Self.global, limit: 10)
            #expect(history == [second, first])
            #expect(try await store.templateHistory(Self.global, limit: 1) == [second])
            // The same text again is a version again.
            let third = try await store.addTemplate(template("one"), to: Self.global, by: "ada", activate: true)
            #expect(third.key.version == 3)
            let bodies = try await owner.query(
                "SELECT body, is_active FROM prompt_templates WHERE repository_id IS NULL ORDER BY version")
            #expect(bodies.map { $0["body"] } == ["one", "two", "one"])
            #expect(try bodies.map { try $0.bool("is_active") } == [false, false, true])
        }
    }

    @Test func oneVersionOfASlotIsUsed() async throws {
        try await withStore { service, _ in
            let store = PostgresPromptTemplates(client: service)
            func active() async throws -> [Int] {
                try await store.templateHistory(Self.global, limit: 9).filter(\.isActive).map(\.key.version)
            }
            for body in ["one", "two"] {
                _ = try await store.addTemplate(template(body), to: Self.global, by: "ada", activate: true)
            }
            #expect(try await active() == [2])
            #expect(try await store.activateTemplate(TemplateKey(slot: Self.global, version: 1), by: "eve"))
            #expect(try await active() == [1])
            #expect(try await store.activateTemplate(TemplateKey(slot: Self.global, version: 1), by: "eve"), "again is harmless")
            #expect(try await !store.activateTemplate(TemplateKey(slot: Self.global, version: 3), by: "eve"))
            #expect(try await active() == [1], "one that is not there changes nothing")
            #expect(try await !store.deactivateTemplate(Self.own, by: "eve"))
            #expect(try await store.deactivateTemplate(Self.global, by: "eve"))
            #expect(try await !store.deactivateTemplate(Self.global, by: "eve"))
            #expect(try await active() == [])
        }
    }

    @Test func whoDidWhatStaysOnRecord() async throws {
        try await withStore { service, owner in
            let store = PostgresPromptTemplates(client: service)
            _ = try await store.addTemplate(template("one"), to: Self.global, by: "ada", activate: true)
            _ = try await store.addTemplate(template("two"), to: Self.global, by: "bob", activate: true)
            _ = try await store.addTemplate(template("three"), to: Self.global, by: "cleo", activate: false)
            let first = TemplateKey(slot: Self.global, version: 1)
            for _ in 1...2 { #expect(try await store.activateTemplate(first, by: "dan \u{0}")) }
            for _ in 1...2 { _ = try await store.deactivateTemplate(Self.global, by: "") }
            _ = try await store.addTemplate(template("own"), to: Self.own, by: "own", activate: true)
            let changes = try await store.templateChanges(Self.global, limit: 50)
            let words = changes.reversed().map {
                "\($0.by) \($0.action) \($0.version)" + ($0.replaced.map { " for \($0)" } ?? "")
            }
            #expect(
                words == [
                    "ada stored 1", "ada activated 1", "bob stored 2", "bob activated 2 for 1", "cleo stored 3",
                    "dan \u{FFFD} activated 1 for 2", "unknown deactivated 1",
                ])
            #expect(try await store.templateChanges(Self.global, limit: 2).map(\.version) == [1, 1])
            #expect(try await store.templateChanges(Self.own, limit: 50).map(\.by) == ["own", "own"])
            for client in [service, owner] {
                for statement: SQLQuery in [
                    "UPDATE prompt_template_changes SET changed_by = 'mallory'", "DELETE FROM prompt_template_changes",
                ] { await #expect(throws: PostgresError.self) { try await client.execute(statement) } }
            }
            // What a run was told cannot be rewritten by the service either.
            await #expect(throws: PostgresError.self) {
                try await service.execute("UPDATE prompt_templates SET body = 'other'")
            }
        }
    }

    /// A database of before: who stored what is taken over; who activated it was never written down.
    @Test func whatWasStoredBeforeIsOnRecord() async throws {
        let client = PostgresClient(
            url: try await DisposablePostgres.makeDatabase(), configuration: PostgresConfiguration(connections: 1))
        defer { client.shutdown() }
        let files = try migrations.load()
        let before = files.filter { $0.name < "0005" }
        #expect(before.count == 4)
        _ = try await Migrator(.list(before)).migrate(on: client)
        try await client.execute(
            """
            INSERT INTO prompt_templates (agent, kind, locale, version, body, body_sha256, is_active, created_by)
            SELECT 'dev', 'work', 'en', n, 'body', sha256('body'), n = 2, 'ada ' || n FROM generate_series(1, 3) AS n
            """)
        _ = try await Migrator(migrations).migrate(on: client)
        let changes = try await PostgresPromptTemplates(client: client).templateChanges(Self.global, limit: 9)
        #expect(changes.map(\.by) == ["ada 3", "ada 2", "ada 1"])
        #expect(changes.allSatisfy { $0.action == .stored })
    }

    @Test func aRunFindsThoseOfItsRepositoryAndOfAll() async throws {
        try await withStore { service, _ in
            let store = PostgresPromptTemplates(client: service)
            func add(_ scope: TemplateScope, _ agent: String, _ kind: PromptKind, _ locale: PromptLocale) async throws {
                _ = try await store.addTemplate(
                    template("\(scope) \(agent) \(kind) \(locale)"),
                    to: TemplateSlot(scope: scope, agent: agent, kind: kind, locale: locale), by: "ada", activate: true)
            }
            #expect(try await store.activeTemplates(agent: "dev", kind: .work, repositoryID: 7).isEmpty)
            try await add(.global, "dev", .work, .en)
            try await add(.global, "dev", .work, .ru)
            try await add(.global, "dev", .revise, .en)
            try await add(.global, "qa", .work, .en)
            try await add(.repository(7), "dev", .work, .en)
            try await add(.repository(8), "dev", .work, .en)
            _ = try await store.addTemplate(template("draft"), to: Self.own, by: "ada", activate: false)
            let found = try await store.activeTemplates(agent: "dev", kind: .work, repositoryID: 7)
            #expect(
                found.map(\.key.description) == [
                    "repository 7 dev/work.en version 1", "global dev/work.en version 1",
                    "global dev/work.ru version 1",
                ])
            let global = try await store.activeTemplates(agent: "dev", kind: .work, repositoryID: nil)
            #expect(global.map(\.key.slot.scope) == [.global, .global])
            // The list has the newest of each slot, and what is used where that is another.
            let listed = try await store.templates().map { "\($0.key)\($0.isActive ? " active" : "")" }
            #expect(
                listed == [
                    "global dev/work.en version 1 active", "repository 7 dev/work.en version 2",
                    "repository 7 dev/work.en version 1 active", "repository 8 dev/work.en version 1 active",
                    "global dev/work.ru version 1 active", "global dev/revise.en version 1 active",
                    "global qa/work.en version 1 active",
                ])
        }
    }

    @Test func whoAddsAtTheSameTimeGetsDifferentVersions() async throws {
        try await withStore(connections: 8) { service, owner in
            let store = PostgresPromptTemplates(client: service)
            let versions = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...40 {
                    group.addTask {
                        let template = try PromptTemplate("body \(number)", name: "test")
                        return try await store.addTemplate(
                            template, to: Self.own, by: "ada", activate: number % 2 == 0
                        ).key.version
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(versions.sorted() == Array(1...40))
            let active = try await owner.query("SELECT version FROM prompt_templates WHERE is_active")
            #expect(active.count == 1)
        }
    }

    @Test func aDatabaseThatIsAwayIsSaidToBe() async throws {
        let client = PostgresClient(
            url: .init("postgresql://127.0.0.1:1/none"), configuration: PostgresConfiguration(connections: 1))
        defer { client.shutdown() }
        let error = await #expect(throws: AuditError.self) {
            try await PostgresPromptTemplates(client: client)
                .activeTemplates(agent: "dev", kind: .work, repositoryID: 1)
        }
        #expect(error?.isTransient == true && error?.description.contains("reading templates") == true)
    }
}
