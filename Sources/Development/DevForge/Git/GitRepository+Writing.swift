// SPDX-License-Identifier: MIT
import SystemCalls

extension GitRepository {
    /// Makes the repository with one commit that holds a README, unless it is there already.
    ///
    /// Each step can be repeated, so that a stop in the middle is made good at the next start.
    package func initialise(branch: String, readme: String, by signature: GitSignature) async throws {
        if !Files.exists("\(path)/HEAD") {
            try Files.createDirectory(Files.directory(of: path), mode: 0o700)
            try await git(["init", "--quiet", "--bare", "--initial-branch=\(branch)", path])
        }
        guard try await resolve("refs/heads/\(branch)") == nil else { return }
        let blob = try await line(["hash-object", "-w", "--stdin"], input: Array(readme.utf8))
        let tree = try await line(["mktree"], input: Array("100644 blob \(blob)\tREADME.md\n".utf8))
        let commit = try await commit(tree: tree, parents: [], message: "Begin", by: signature)
        try await updateReference("refs/heads/\(branch)", to: commit, from: nil)
    }

    /// Makes a commit object; no reference moves.
    package func commit(
        tree: String, parents: [String], message: String, by signature: GitSignature
    ) async throws -> String {
        let identity = [
            "GIT_AUTHOR_NAME": signature.name, "GIT_AUTHOR_EMAIL": signature.email, "GIT_AUTHOR_DATE": signature.date,
            "GIT_COMMITTER_NAME": signature.name, "GIT_COMMITTER_EMAIL": signature.email,
            "GIT_COMMITTER_DATE": signature.date,
        ]
        let output = try await git(
            ["commit-tree", tree] + parents.flatMap { ["-p", $0] } + ["-F", "-"], input: Array(message.utf8),
            extraEnvironment: identity)
        return String(decoding: output, as: UTF8.self).trimmingLineEnds()
    }

    /// Writes one file on top of a commit (nil content removes it) and returns the new commit.
    package func commit(
        file: String, content: [UInt8]?, on parent: String, message: String, by signature: GitSignature
    ) async throws -> String {
        let index = try Files.temporaryDirectory(prefix: "codex-k8s-forge")
        defer { try? Files.remove(index) }
        let environment = ["GIT_INDEX_FILE": "\(index)/index"]
        try await git(["read-tree", parent], extraEnvironment: environment)
        if let content {
            let blob = try await line(["hash-object", "-w", "--stdin"], input: content)
            try await git(
                ["update-index", "--add", "--cacheinfo", "100644,\(blob),\(file)"], extraEnvironment: environment)
        } else {
            try await git(["update-index", "--force-remove", "--", file], extraEnvironment: environment)
        }
        let tree = String(decoding: try await git(["write-tree"], extraEnvironment: environment), as: UTF8.self)
        return try await commit(tree: tree.trimmingLineEnds(), parents: [parent], message: message, by: signature)
    }

    /// The tree of merging two commits, nil when they conflict.
    package func mergedTree(_ base: String, _ head: String) async throws -> String? {
        do {
            return try await line(["merge-tree", "--write-tree", "--no-messages", base, head])
        } catch let error as GitError where error.exitCode == 1 {
            return nil
        }
    }
}
