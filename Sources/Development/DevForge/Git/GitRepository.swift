// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding

/// A bare git repository on disk, asked and changed by git itself.
///
/// Every call is one git process, but for where a branch stands. The user's and the machine's git configuration are not read, so that the stand-in
/// behaves alike everywhere.
package struct GitRepository: Sendable {
    /// The folder that ends in `.git`.
    package let path: String
    /// How long a single git command may take.
    private static let timeout = Duration.seconds(60)

    /// The environment of every git process here.
    static let environment: [String: String] = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
        // The folder may have been handed over by another user (sudo); it is ours all the same.
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    ]

    /// Names a repository that exists or will be made by `initialise`.
    package init(path: String) {
        self.path = path
    }

    /// Runs git on this repository and returns what it wrote.
    ///
    /// - Throws: `GitError` with git's own words when it ends with another code than 0.
    @discardableResult
    package func git(
        _ arguments: [String], input: [UInt8] = [], extraEnvironment: [String: String] = [:]
    ) async throws -> [UInt8] {
        var configuration = ChildProcess.Configuration(
            executable: "git", arguments: ["--git-dir", path] + arguments,
            environment: Self.environment.merging(extraEnvironment) { _, new in new })
        configuration.standardInput = .bytes(input)
        configuration.output = .collect(limit: 256 << 20)
        let result = try await ChildProcess.run(configuration, timeout: Self.timeout)
        guard result.exitCode == 0 else {
            throw GitError(
                command: arguments.first ?? "", exitCode: result.exitCode,
                message: String(decoding: result.stderr, as: UTF8.self).trimmingLineEnds())
        }
        return result.stdout
    }

    /// As `git`, as one line of text.
    package func line(_ arguments: [String], input: [UInt8] = []) async throws -> String {
        String(decoding: try await git(arguments, input: input), as: UTF8.self).trimmingLineEnds()
    }

    /// The commit that a revision means, nil when there is none.
    package func resolve(_ revision: String) async throws -> String? {
        guard !revision.hasPrefix("-") else { return nil }
        switch storedReference(revision) {
        case .commit(let sha): return sha
        case .missing: return nil
        case .unknown: break
        }
        do {
            return try await line(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision)^{commit}"])
        } catch let error as GitError where error.exitCode != 127 {
            return nil
        }
    }

    /// Branches and the commits that they point at.
    package func heads() async throws -> [String: String] {
        let text = try await line(["for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"])
        var heads: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { heads[String(parts[0])] = String(parts[1]) }
        }
        return heads
    }

    /// Moves, makes or (with nil) removes a reference, only if it still is what the caller saw.
    ///
    /// - Parameter old: the expected value; nil expects that the reference does not exist.
    package func updateReference(_ name: String, to new: String?, from old: String?) async throws {
        let zero = String(repeating: "0", count: 40)
        let command = new.map { "update \(name)\0\($0)\0\(old ?? zero)\0" } ?? "delete \(name)\0\(old ?? "")\0"
        try await git(["update-ref", "-z", "--stdin"], input: Array(command.utf8))
    }

    /// Whether `ancestor` is in the history of `commit`.
    package func isAncestor(_ ancestor: String, of commit: String) async throws -> Bool {
        do {
            try await git(["merge-base", "--is-ancestor", ancestor, commit])
            return true
        } catch let error as GitError where error.exitCode == 1 {
            return false
        }
    }

    /// The best common ancestor, nil for unrelated histories.
    package func mergeBase(_ one: String, _ other: String) async throws -> String? {
        do {
            return try await line(["merge-base", one, other])
        } catch let error as GitError where error.exitCode == 1 {
            return nil
        }
    }

    /// How many commits each side has that the other lacks.
    package func divergence(base: String, head: String) async throws -> (behind: Int, ahead: Int) {
        let text = try await line(["rev-list", "--left-right", "--count", "\(base)...\(head)"])
        let numbers = text.split { $0 == "\t" || $0 == " " }.compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
    }
}

/// A git command that failed.
package struct GitError: Error, Sendable, CustomStringConvertible {
    package var command: String
    package var exitCode: Int32
    package var message: String

    package var description: String { "git \(command) ended with \(exitCode): \(message)" }
}

extension String {
    /// Without the line feeds at the end.
    func trimmingLineEnds() -> String {
        var text = self[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
