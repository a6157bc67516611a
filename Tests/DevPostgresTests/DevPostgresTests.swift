// SPDX-License-Identifier: MIT
import ChildProcesses
import Postgres
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevPostgres

@Suite(.timeLimit(.minutes(1)))
struct DevPostgresTests {
    /// Runs a server during `body` and waits for its end.
    private func withServer<T>(_ directory: String, _ body: (String) async throws -> T) async throws -> T {
        let server = DevPostgres(directory: directory, isDurable: false, logger: .disabled)
        let running = Task { try await server.run() }
        let result: T
        do {
            result = try await body(try await server.waitUntilReady())
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        try await running.value
        return result
    }

    private func count(_ url: String) async throws -> Int64 {
        let client = PostgresClient(url: Secret(url))
        defer { client.shutdown() }
        try await client.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now())")
        try await client.execute("INSERT INTO visits DEFAULT VALUES")
        return try await client.query("SELECT count(*) AS n FROM visits")[0].int("n")
    }

    /// Waits for the end of a process that is not a child.
    private func waitForEnd(_ processID: Int32) async throws {
        let arguments = ["-s", "0.02", "--pid=\(processID)", "-f", "/dev/null"]
        _ = try await ChildProcess.run(
            .init(executable: "/usr/bin/tail", arguments: arguments), timeout: .seconds(30))
    }

    private func serverID(_ directory: String) throws -> Int32 {
        let text = try Files.readText("\(directory)/data/postmaster.pid")
        return try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
    }

    @Test
    func dataSurviveARestartAndNothingStaysBehind() async throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-dev-postgres")
        defer { try? Files.remove(root) }
        try Files.setMode(root, 0o755)
        let directory = "\(root)/state/postgres"
        #expect(try await withServer(directory) { try await count($0) } == 1)
        #expect(!Files.exists("\(directory)/data/postmaster.pid"))
        #expect(try await withServer(directory) { try await count($0) } == 2)
        #expect(try Files.status(directory).mode & 0o077 == 0)
    }

    @Test
    func aLongPathAndAClosedFolderAreNoObstacle() async throws {
        // The folder above is closed to everyone but this user, and the path is longer than a socket's may be.
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-dev-postgres")
        defer { try? Files.remove(root) }
        let directory = "\(root)/\(String(repeating: "long/", count: 25))postgres"
        #expect(directory.utf8.count > 108)
        #expect(try await withServer(directory) { try await count($0) } == 1)
        #expect(try await withServer(directory) { try await count($0) } == 2)
    }

    @Test
    func oneServerAFolder() async throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-dev-postgres")
        defer { try? Files.remove(root) }
        try await withServer(root) { _ in
            let second = DevPostgres(directory: root, logger: .disabled)
            let error = await #expect(throws: DevPostgresError.self) { try await second.run() }
            guard case .inUse = error else {
                Issue.record("unexpected error")
                return
            }
            await #expect(throws: DevPostgresError.self) { try await second.waitUntilReady() }
        }
    }

    @Test
    func aServerThatEndsByItselfEndsTheService() async throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-dev-postgres")
        defer { try? Files.remove(root) }
        let server = DevPostgres(directory: root, isDurable: false, logger: .disabled)
        let running = Task { try await server.run() }
        _ = try await server.waitUntilReady()
        let id = try serverID(root)
        _ = try await ChildProcess.run(.init(executable: "/bin/kill", arguments: ["-QUIT", "\(id)"]))
        let error = await #expect(throws: DevPostgresError.self) { try await running.value }
        guard case .ended = error else {
            Issue.record("unexpected error")
            return
        }
        // What it left behind does not keep the next one from starting.
        #expect(try await withServer(root) { try await count($0) } == 1)
    }

    @Test
    func aStaleProcessIDIsNoObstacle() async throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-dev-postgres")
        defer { try? Files.remove(root) }
        #expect(try await withServer(root) { try await count($0) } == 1)
        // The number was given to another program since: this test.
        let pidFile = "\(root)/data/postmaster.pid"
        let text = "\(ProcessIdentity.processID)\n\(root)/data\n1\n5432\n\(root)\n\n0 0\nready\n"
        try Files.writeAtomically(pidFile, Array(text.utf8), mode: 0o600)
        let account = try PostgresAccount.current()
        if account.isOther { try Files.setOwner(pidFile, userID: account.userID, groupID: account.groupID) }
        #expect(try await withServer(root) { try await count($0) } == 2)
    }

    @Test
    func theServerEndsWithAKilledParentAndTheNextOneTakesOver() async throws {
        let root = try Files.temporaryDirectory(prefix: "codex-k8s-dev-postgres")
        defer { try? Files.remove(root) }
        #expect(try await withServer(root) { try await count($0) } == 1)
        // A shell plays the parent: it starts the server as this module does, says so, and is killed.
        var folder: PostgresFolder? = try await PostgresFolder.prepare(root)
        let command = try #require(folder).server(isDurable: false)
        folder = nil
        let script = "\"$@\" & while ! test -s '\(root)/data/postmaster.pid'; do :; done; echo up; wait"
        let parent = try await ChildProcess.spawn(
            .init(
                executable: "/bin/sh", arguments: ["-c", script, "sh", command.executable] + command.arguments,
                environment: command.environment, output: .stream, errors: .discard, newProcessGroup: false))
        for await line in parent.output.lines where line == "up" { break }
        let id = try serverID(root)
        parent.signal(.kill, toGroup: false)
        try await waitForEnd(id)
        #expect(!ProcessTable.processIDs().contains(id))
        #expect(try await withServer(root) { try await count($0) } == 2)
    }
}
