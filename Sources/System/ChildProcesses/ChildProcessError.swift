// SPDX-License-Identifier: MIT
package import SystemCalls

/// Why a program could not be started, fed or waited for.
package enum ChildProcessError: Error, Sendable, CustomStringConvertible {
    /// No such program, or not one that this user may run.
    case executableNotFound(String, searched: String?)
    case workingDirectoryNotFound(String)
    /// The kernel refused.
    case spawnFailed(executable: String, SystemError)
    /// The program was ended because it took too long.
    case timedOut(executable: String, after: Duration)
    /// The program does not read its standard input any more.
    case inputClosed

    package var description: String {
        switch self {
        case .executableNotFound(let name, let searched?):
            "executable \(name) not found in PATH \(searched)"
        case .executableNotFound(let path, nil): "\(path) does not exist or is not executable"
        case .workingDirectoryNotFound(let path): "working folder \(path) does not exist"
        case .spawnFailed(let executable, let error): "starting \(executable) failed: \(error)"
        case .timedOut(let executable, let limit): "\(executable) was ended: it took longer than \(limit)"
        case .inputClosed: "the program does not read its standard input any more"
        }
    }
}
