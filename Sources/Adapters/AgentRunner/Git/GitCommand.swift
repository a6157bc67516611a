// SPDX-License-Identifier: MIT
import ChildProcesses
import ServiceRuntime

/// Runs git in one working copy, with settings that neither the machine nor the repository can change.
struct GitCommand: Sendable {
    let folder: String
    let home: String
    let committerName: String
    let committerEmail: String
    /// Where programs are found.
    let path: String

    /// Longest time of one command; a clone of a large repository is the slowest.
    static let timeout = Duration.seconds(30 * 60)

    /// How often something on the remote is tried.
    private static let remoteAttempts = 4

    /// Hooks could run what the agent wrote, helpers could ask for passwords, housekeeping would outlive the command,
    /// and a remote helper in a submodule's address could start any program: all off.
    private static let settings = [
        "core.hooksPath=/dev/null", "credential.helper=", "gc.auto=0", "maintenance.auto=false",
        "protocol.allow=never", "protocol.http.allow=always", "protocol.https.allow=always", "safe.directory=*",
        "commit.gpgSign=false", "core.fsmonitor=false", "advice.detachedHead=false", "http.followRedirects=false",
        "fetch.recurseSubmodules=false",
    ]

    /// Runs a command and answers whatever its end.
    func attempt(_ arguments: [String], input: [UInt8]? = nil) async throws -> ChildProcess.Result {
        let configuration = ChildProcess.Configuration(
            executable: "git", arguments: Self.settings.flatMap { ["-c", $0] } + arguments,
            environment: [
                "PATH": path, "HOME": home, "LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0",
                "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_EDITOR": "true",
                // refs/replace would have it read other objects than it sends.
                "GIT_NO_REPLACE_OBJECTS": "1",
                "GIT_AUTHOR_NAME": committerName, "GIT_AUTHOR_EMAIL": committerEmail,
                "GIT_COMMITTER_NAME": committerName, "GIT_COMMITTER_EMAIL": committerEmail,
            ],
            workingDirectory: folder, standardInput: input.map { .bytes($0) } ?? .null,
            output: .collect(limit: 4 << 20),
            errors: .collect(limit: 64 << 10), closeOnParentDeath: true)
        return try await ChildProcess.run(configuration, timeout: Self.timeout)
    }

    /// Runs a command that has to end well, and answers what it wrote.
    @discardableResult
    func run(_ arguments: [String], input: [UInt8]? = nil) async throws -> String {
        let result = try await attempt(arguments, input: input)
        guard result.exitCode == 0 else { throw failure(arguments, result) }
        return result.outputText
    }

    /// Runs a command that talks to the remote, again after a moment when the way there failed.
    ///
    /// All of them may be repeated: a push that arrived without its answer finds the branch up to date.
    func attemptRemotely(_ arguments: [String]) async throws -> ChildProcess.Result {
        var backoff = Backoff(initial: .milliseconds(500), factor: 3, maximum: .seconds(10))
        for _ in 1..<Self.remoteAttempts {
            let result = try await attempt(arguments)
            if result.exitCode == 0 || !RemoteFailure.isPassing(result.errorText) { return result }
            try await Task.sleep(for: backoff.next())
        }
        return try await attempt(arguments)
    }

    /// The same for one that has to end well.
    @discardableResult
    func runRemotely(_ arguments: [String]) async throws -> String {
        let result = try await attemptRemotely(arguments)
        guard result.exitCode == 0 else { throw failure(arguments, result) }
        return result.outputText
    }

    /// Runs a command that answers a question by its exit code: 0 yes, 1 no.
    func asks(_ arguments: [String]) async throws -> Bool {
        let result = try await attempt(arguments)
        guard result.exitCode == 0 || result.exitCode == 1 else { throw failure(arguments, result) }
        return result.exitCode == 0
    }

    func failure(_ arguments: [String], _ result: ChildProcess.Result) -> RunnerError {
        // The broker's address holds a nonce and no credential, but there is no reason to show it either.
        let text = result.errorText.isEmpty ? result.outputText : result.errorText
        return .git(step: arguments.first ?? "", exitCode: result.exitCode, output: BrokerURL.hide(in: text))
    }
}
