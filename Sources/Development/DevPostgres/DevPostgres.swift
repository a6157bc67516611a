// SPDX-License-Identifier: MIT
import ChildProcesses
import Postgres
package import ServiceRuntime
import Synchronization
import SystemCalls

/// A private Postgres for development and tests: Debian's server, with its data, socket and log under one folder.
///
/// It listens on a Unix socket only, in a folder that nobody else can enter. The data survive restarts. The server ends
/// with this process, even when that is killed: the kernel interrupts it then, and the next start clears what is left.
package final class DevPostgres: Service {
    /// The name of the database that ``waitUntilReady()`` gives.
    package static let databaseName = "codexk8s"

    private enum State {
        case starting([CheckedContinuation<Result<String, any Error>, Never>])
        case ready(url: String)
        case over(any Error)
    }

    private let directory: String
    private let isDurable: Bool
    private let logger: Logger
    private let state = Mutex(State.starting([]))

    /// Describes a server; ``run()`` starts it.
    ///
    /// - Parameters:
    ///   - directory: an absolute path; made if missing, and made the server's own.
    ///   - isDurable: write to disk at each commit. Without it a power failure may lose data; the end of a
    ///     process never.
    package init(directory: String, isDurable: Bool = true, logger: Logger) {
        self.directory = directory
        self.isDurable = isDurable
        self.logger = logger.labelled("dev-postgres")
    }

    /// Starts the server and keeps it until the task is cancelled; then ends its sessions and stops it.
    ///
    /// - Throws: `DevPostgresError`, also when the server ends by itself.
    package func run() async throws {
        do {
            try await serve()
            finish(.over(DevPostgresError.notRunning))
        } catch {
            finish(.over(error))
            throw error
        }
    }

    /// Waits until the server takes connections and gives its URL as libpq understands it.
    ///
    /// - Throws: what ended ``run()``, if it did.
    package func waitUntilReady() async throws -> String {
        let result = await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Result<String, any Error>? in
                switch state {
                case .starting(let waiters):
                    state = .starting(waiters + [continuation])
                    return nil
                case .ready(let url): return .success(url)
                case .over(let error): return .failure(error)
                }
            }
            if let known { continuation.resume(returning: known) }
        }
        return try result.get()
    }

    private func finish(_ end: State) {
        let before = state.withLock { state in
            let before = state
            state = end
            return before
        }
        guard case .starting(let waiters) = before else { return }
        let result: Result<String, any Error> =
            switch end {
            case .ready(let url): .success(url)
            case .over(let error): .failure(error)
            case .starting: .failure(DevPostgresError.notRunning)
            }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    private func serve() async throws {
        try Files.createDirectory(directory, mode: 0o700)
        let path = try Files.resolve(directory)
        let folder = try await PostgresFolder.prepare(path)
        let url = folder.url(database: Self.databaseName)
        try Files.remove(folder.log)
        let process = try await start(folder)
        logger.info("private Postgres is ready", ["directory": path])
        finish(.ready(url: url))
        let exitCode = await withTaskCancellationHandler {
            await process.wait()
        } onCancel: {
            stop(process)
        }
        if folder.socketDirectory != folder.directory { try? Files.remove(folder.socketDirectory) }
        guard Task.isCancelled else {
            throw DevPostgresError.ended(exitCode: exitCode, log: Self.tail(of: folder.log))
        }
    }

    /// Starts the server and waits for it, some times over: workers of a server that was killed hold its shared memory
    /// for a moment.
    private func start(_ folder: PostgresFolder) async throws -> RunningProcess {
        var attempt = 1
        while true {
            try Task.checkCancellation()
            let process = try await ChildProcess.spawn(folder.server(isDurable: isDurable))
            do {
                try await waitForConnections(process, folder)
                return process
            } catch let error as DevPostgresError {
                guard case .ended = error, attempt < 5 else { throw error }
                attempt += 1
                logger.debug("private Postgres did not start; trying again", ["error": error.description])
                try await Task.sleep(for: .milliseconds(200))
            } catch {
                stop(process)
                _ = await process.wait()
                throw error
            }
        }
    }

    private func waitForConnections(_ process: RunningProcess, _ folder: PostgresFolder) async throws {
        let configuration = PostgresConfiguration(
            connections: 1, connectTimeout: .seconds(20),
            reconnectPause: .milliseconds(1) ... .milliseconds(5), applicationName: "dev-postgres")
        let client = PostgresClient(url: Secret(folder.url(database: "postgres")), configuration: configuration)
        defer { client.shutdown() }
        var backoff = Backoff(initial: .milliseconds(10), factor: 1.2, maximum: .milliseconds(50))
        while true {
            if let exitCode = process.exitCode {
                throw DevPostgresError.ended(exitCode: exitCode, log: Self.tail(of: folder.log))
            }
            if try await Self.makeDatabase(with: client) { return }
            try await Task.sleep(for: backoff.next())
        }
    }

    /// Makes the database unless it is there; `false` while the server does not answer yet.
    private static func makeDatabase(with client: PostgresClient) async throws(PostgresError) -> Bool {
        let name = databaseName
        do throws(PostgresError) {
            let found = try await client.query("SELECT 1 FROM pg_database WHERE datname = \(name)")
            if found.isEmpty { try await client.execute("CREATE DATABASE \(identifier: name)") }
            return true
        } catch {
            if error.isRetryable { return false }
            throw error
        }
    }

    /// Ends sessions and stops the server; one that takes too long is killed, which its data survive.
    private func stop(_ process: RunningProcess) {
        process.signal(.interrupt, toGroup: false)
        process.terminate(grace: .seconds(10))
    }

    private static func tail(of log: String) -> String {
        let text = (try? Files.readText(log, limit: 1 << 24)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: " | ")
    }
}
