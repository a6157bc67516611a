// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls

/// The user that the server runs as, and how its programs are started.
///
/// Postgres refuses to run as root, and posix_spawn cannot change the user: util-linux's `setpriv` does, and replaces
/// itself by the program, so that the process id is the server's own. It also asks the kernel to interrupt the server
/// when this process ends, however it ends.
struct PostgresAccount {
    var userID: UInt32
    var groupID: UInt32
    /// Whether the programs need another user than this process's.
    var isOther: Bool
    /// Whether that user needs help to reach the folder, because one above it is closed to others.
    var needsPassage = false

    /// This process's own user, or `postgres` for root.
    static func current() throws(DevPostgresError) -> PostgresAccount {
        let userID = ProcessIdentity.userID
        guard userID == 0 else {
            return PostgresAccount(userID: userID, groupID: ProcessIdentity.groupID, isOther: false)
        }
        let users = (try? Files.readText("/etc/passwd")) ?? ""
        for line in users.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 3, fields[0] == "postgres", let user = UInt32(fields[2]), let group = UInt32(fields[3]) {
                return PostgresAccount(userID: user, groupID: group, isOther: true)
            }
        }
        throw .noAccount("postgres")
    }

    /// Gives a path to the account and closes it to others.
    func own(_ path: String) throws(SystemError) {
        if isOther { try Files.setOwner(path, userID: userID, groupID: groupID) }
        try Files.setMode(path, 0o700)
    }

    /// A configuration that starts `program` as this account, with a small environment of its own.
    func command(_ program: String, _ arguments: [String], home: String) -> ChildProcess.Configuration {
        var prefix = ["--pdeathsig", "INT"]
        if isOther {
            prefix += ["--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups"]
            // The right to pass closed folders, and nothing else of root's.
            if needsPassage { prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"] }
        }
        return ChildProcess.Configuration(
            executable: "/usr/bin/setpriv", arguments: prefix + ["--", program] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": home, "TZ": "UTC"],
            // Whoever starts us may stand in a folder that the account cannot enter.
            workingDirectory: "/")
    }

    /// Whether the account can come to `path` by itself; asked of the kernel, because rights have many sources.
    func canReach(_ path: String) async throws -> Bool {
        guard isOther else { return true }
        let check = command("/usr/bin/test", ["-w", path], home: "/")
        return try await ChildProcess.run(check, timeout: .seconds(10)).exitCode == 0
    }
}
