// SPDX-License-Identifier: MIT
import Glibc
import Postgres
package import ServiceRuntime
import Synchronization
import SystemCalls

/// One private server for all tests of a process, with a database of its own for each that asks.
///
/// The server starts at the first use and ends with the process, and its folder is removed then. Folders of processes
/// that were killed are removed by the next one.
package enum DisposablePostgres {
    private static let prefix = "codex-k8s-test-postgres"
    private static let folder = Mutex<String?>(nil)
    private static let names = Atomic<UInt64>(0)

    private static let server: Task<String, any Error> = Task {
        removeLeftovers()
        let directory = try Files.temporaryDirectory(prefix: prefix)
        folder.withLock { $0 = directory }
        atexit {
            if let folder = DisposablePostgres.folder.withLock({ $0 }) { try? Files.remove(folder) }
        }
        let server = DevPostgres(directory: directory, isDurable: false, logger: .disabled)
        Task.detached { try await server.run() }
        return try await server.waitUntilReady()
    }

    /// Makes an empty database and gives its URL.
    package static func makeDatabase() async throws -> Secret<String> {
        let url = try await server.value
        let name = "test_\(ProcessIdentity.processID)_\(names.add(1, ordering: .relaxed).newValue)"
        let client = PostgresClient(url: Secret(url), configuration: PostgresConfiguration(connections: 1))
        defer { client.shutdown() }
        try await client.execute("CREATE DATABASE \(identifier: name)")
        return Secret(url.replacing("/\(DevPostgres.databaseName)?", with: "/\(name)?"))
    }

    /// Removes the folders whose server has ended: nobody holds their lock.
    private static func removeLeftovers() {
        let parent = ProcessIdentity.environment["TMPDIR"] ?? "/tmp"
        for name in (try? Files.list(parent)) ?? [] where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            // A folder without a lock file is one that another process is just making.
            guard Files.exists("\(path)/lock"), let lock = try? FolderLock(path) else { continue }
            withExtendedLifetime(lock) { try? Files.remove(path) }
        }
    }
}
