// SPDX-License-Identifier: MIT
import CommandLineInterface
import OperatorParts
import Postgres
import ServiceRuntime
import SystemCalls

/// `codex-k8s migrate`: brings the database to the schema of this version, once, whoever else tries.
enum MigrateCommand {
    static let command = Command(
        "migrate", summary: "Applies the numbered SQL files that the database does not have yet.",
        discussion: """
            Takes an advisory lock, so that several may run at once, and refuses to go on when a file that was applied \
            has changed since.
            """,
        options: [
            CommonOptions.databaseURL.definition, CommonOptions.migrations.definition, CommonOptions.logLevel.definition,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        let source = try CommonOptions.migrationSource(try parsed[CommonOptions.migrations])
        let migrator = try Migrator(source)
        let client = PostgresClient(
            url: Secret(try parsed[CommonOptions.databaseURL]), logger: try CommonOptions.logger(parsed, "migrate"))
        defer { client.shutdown() }
        let applied = try await migrator.migrate(on: client)
        for migration in applied { StandardStreams.writeOutputLine("applied \(migration.name)") }
        if applied.isEmpty { StandardStreams.writeOutputLine("nothing to apply: the database is up to date") }
    }
}
