// SPDX-License-Identifier: MIT
import AuditTrail
import DevPostgres
import JSONCoding
import Postgres
import ServiceRuntime

/// The checkout's migrations.
let migrations: MigrationSource = .directory(
    "\(#filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" })/migrations")

/// Gives a test the service's client on a migrated database of its own, and the owner's.
func withStore(
    connections: Int = 4, _ body: (_ service: PostgresClient, _ owner: PostgresClient) async throws -> Void
) async throws {
    let url = try await DisposablePostgres.makeDatabase()
    let owner = PostgresClient(url: url, configuration: PostgresConfiguration(connections: 1))
    defer { owner.shutdown() }
    _ = try await Migrator(migrations).migrate(on: owner)
    let configuration = PostgresConfiguration(
        connections: connections, acquireTimeout: .seconds(30), role: "codexk8s_service")
    let service = PostgresClient(url: url, configuration: configuration)
    defer { service.shutdown() }
    try await body(service, owner)
}

/// A run of issue 42 that wants label event 5.
func record(_ uid: String, event: Int64? = 5, issue: Int = 42, phase: String = "Pending") -> RunRecord {
    RunRecord(
        runUID: uid, name: "run-\(uid)", namespace: "codex-k8s", correlationID: "c-\(uid)", repositoryID: 7,
        repository: "acme/shop", issue: issue, kind: "dev", revise: false, agent: "dev", labelEventID: event,
        reviewID: nil, pullRequest: nil, branch: nil, phase: phase, reason: nil, model: nil, reasoningEffort: nil,
        sessionID: nil)
}

/// A fact about a run, by a person.
func fact(_ run: String, _ type: AuditEventType, key: String = "", _ payload: JSONValue = [:]) -> AuditEvent {
    AuditEvent(
        correlationID: "c", runUID: run, attempt: 1, type: type, key: key, actor: AuditActor(kind: .human, id: "ada"),
        payload: payload)
}
