// SPDX-License-Identifier: MIT

/// Why the private Postgres did not start or did not stay.
package enum DevPostgresError: Error, Sendable, CustomStringConvertible {
    /// Postgres is not installed.
    case notInstalled(searched: [String])
    /// The data were written by a version that is not installed.
    case wrongVersion(data: String, version: String)
    /// Root cannot run Postgres itself and there is no user to run it as.
    case noAccount(String)
    /// Another process uses the folder.
    case inUse(directory: String)
    /// A step of the preparation failed.
    case preparation(step: String, output: String)
    /// The server ended by itself.
    case ended(exitCode: Int32, log: String)
    /// `run()` ended before the server was ready.
    case notRunning

    /// What happened and what to do.
    package var description: String {
        switch self {
        case .notInstalled(let searched):
            "Postgres is not installed (looked in \(searched.joined(separator: ", "))): apt-get install postgresql"
        case .wrongVersion(let data, let version):
            "\(data) was written by Postgres \(version), which is not installed: install it or remove the folder"
        case .noAccount(let name):
            "Postgres refuses to run as root and there is no user \(name): apt-get install postgresql makes it"
        case .inUse(let directory): "another process uses \(directory): stop it or choose another folder"
        case .preparation(let step, let output): "\(step) failed: \(output)"
        case .ended(let exitCode, let log): "Postgres ended with code \(exitCode): \(log)"
        case .notRunning: "the private Postgres is not running"
        }
    }
}
