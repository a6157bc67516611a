// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import SystemCalls

/// The layout of the private server's folder: `data` (the cluster), `postgres.log`, `lock`, and the socket.
struct PostgresFolder {
    let directory: String
    let installation: PostgresInstallation
    let account: PostgresAccount
    /// Held for as long as the folder is in use.
    let lock: FolderLock
    /// Where the server's socket is.
    let socketDirectory: String

    var data: String { "\(directory)/data" }
    var log: String { "\(directory)/postgres.log" }

    /// The longest path of a socket is 107 bytes (unix(7)).
    private static let longestSocketDirectory = 107 - "/.s.PGSQL.5432".utf8.count

    /// Makes the folder usable for the account, and the cluster if there is none.
    ///
    /// It takes the folder's lock first, so that a server found running here is one left behind.
    static func prepare(_ directory: String) async throws -> PostgresFolder {
        guard let lock = try? FolderLock(directory) else { throw DevPostgresError.inUse(directory: directory) }
        var account = try PostgresAccount.current()
        try account.own(directory)
        account.needsPassage = try await !account.canReach(directory)
        let version = try? Files.readText("\(directory)/data/PG_VERSION").filter(\.isNumber)
        let folder = PostgresFolder(
            directory: directory,
            installation: try PostgresInstallation.find(version: version, data: "\(directory)/data"),
            account: account, lock: lock, socketDirectory: try socketDirectory(for: directory, account: account))
        if version == nil { try await folder.create() } else { await folder.stopLeftover() }
        return folder
    }

    /// The folder itself, or a short one under `/tmp` for a folder whose path is too long for a socket.
    private static func socketDirectory(for directory: String, account: PostgresAccount) throws -> String {
        guard directory.utf8.count > longestSocketDirectory else { return directory }
        let path = "/tmp/codex-k8s-postgres-\(SHA256.hexDigest(Array(directory.utf8)).prefix(16))"
        try Files.createDirectory(path, mode: 0o700)
        // Anyone can make folders in /tmp: one that is not ours could be a trap.
        let status = try Files.linkStatus(path)
        guard status.kind == .directory, [account.userID, ProcessIdentity.userID].contains(status.ownerID) else {
            throw DevPostgresError.preparation(step: "making \(path)", output: "it belongs to somebody else")
        }
        try account.own(path)
        return path
    }

    /// Makes the cluster beside its place and moves it there when it is whole.
    private func create() async throws {
        let unfinished = "\(directory)/data.new"
        try Files.remove(unfinished)
        try Files.remove(data)
        // The folder itself is the barrier: it is closed to everyone else, so whoever reaches the socket is trusted.
        try await run(
            "initdb",
            ["-D", unfinished, "-U", "codex", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        try Files.rename(unfinished, to: data)
    }

    /// Stops a server that an earlier process left running, and clears what it left behind.
    private func stopLeftover() async {
        let pidFile = "\(data)/postmaster.pid"
        guard Files.exists(pidFile) else { return }
        // The process id may have been given to another program since, which must not be signalled.
        if isServerRunning(pidFile) {
            // Fails when the server ended meanwhile, which is as good.
            if (try? await run("pg_ctl", ["stop", "-D", data, "-m", "fast", "-w", "-t", "20"])) == nil {
                _ = try? await run("pg_ctl", ["stop", "-D", data, "-m", "immediate", "-w", "-t", "10"])
            }
        }
        // Such an id would also keep the new server from starting.
        try? Files.remove(pidFile)
        try? Files.remove("\(socketDirectory)/.s.PGSQL.5432.lock")
        try? Files.remove("\(socketDirectory)/.s.PGSQL.5432")
    }

    /// Whether the process that the file names is a server of these data. Its arguments tell: unlike its working folder
    /// they can be read without the right to trace it, which root in a container may lack.
    private func isServerRunning(_ pidFile: String) -> Bool {
        guard let text = try? Files.readText(pidFile), let first = text.split(separator: "\n").first,
            let processID = Int32(first), let line = try? Files.readBytes("/proc/\(processID)/cmdline")
        else { return false }
        let arguments = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return arguments.first?.hasSuffix("postgres") == true && arguments.contains(data)
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        let command = account.command(installation.path(program), arguments, home: directory)
        let result = try await ChildProcess.run(command, timeout: .seconds(60))
        guard result.exitCode == 0 else {
            let output = result.errorText.isEmpty ? result.outputText : result.errorText
            throw DevPostgresError.preparation(step: program, output: String(output.suffix(500)))
        }
    }

    /// How the server itself is started.
    func server(isDurable: Bool) -> ChildProcess.Configuration {
        var settings = [
            "listen_addresses=", "unix_socket_permissions=0700", "shared_buffers=32MB", "max_connections=100",
            "logging_collector=off", "log_min_messages=warning", "autovacuum_naptime=60",
        ]
        if !isDurable { settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] }
        let arguments = ["-D", data, "-k", socketDirectory] + settings.flatMap { ["-c", $0] }
        var command = account.command(installation.path("postgres"), arguments, home: directory)
        command.output = .file(log)
        command.errors = .output
        return command
    }

    /// The URL of a database of the server.
    func url(database: String) -> String {
        var host = ""
        for byte in socketDirectory.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                host.unicodeScalars.append(Unicode.Scalar(byte))
            default: host += "%" + Hex.encode([byte])
            }
        }
        return "postgresql://codex@/\(database)?host=\(host)&sslmode=disable&gssencmode=disable"
    }
}
