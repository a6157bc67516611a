// SPDX-License-Identifier: MIT
import JSONCoding

/// A commit as git keeps it.
package struct GitCommit: Sendable {
    package var sha: String
    package var tree: String
    package var parents: [String]
    package var author: GitSignature
    package var committer: GitSignature
    package var message: String
}

/// Who and when.
package struct GitSignature: Sendable {
    package var name: String
    package var email: String
    /// RFC 3339.
    package var date: String

    /// The person of a commit made by the stand-in, now.
    package init(name: String, email: String, date: String) {
        self.name = name
        self.email = email
        self.date = date
    }
}

/// One entry of a tree listing.
package struct GitTreeEntry: Sendable {
    package var mode: String
    package var type: String
    package var sha: String
    /// Bytes of a blob.
    package var size: Int?
    package var path: String
}

/// One changed file between two commits.
package struct GitChange: Sendable {
    /// `added`, `removed`, `modified`, `renamed`, `copied`, `changed`.
    package var status: String
    package var path: String
    package var previousPath: String?
    package var sha: String
    package var additions: Int
    package var deletions: Int
}

extension GitRepository {
    private static let commitFormat = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].joined(
        separator: "%x00")

    /// Reads commits, newest first, as a revision range of `git log` names them.
    package func commits(_ revisions: [String], limit: Int, skip: Int = 0) async throws -> [GitCommit] {
        let output = try await git(
            ["log", "-z", "--format=tformat:\(Self.commitFormat)%x00", "--max-count=\(limit)", "--skip=\(skip)"]
                + revisions + ["--"])
        let fields = output.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        // Ten fields and an empty one that ends the record.
        return stride(from: 0, to: fields.count - 10, by: 11).map { start in
            GitCommit(
                sha: fields[start].trimmingCharactersAtStart(), tree: fields[start + 1],
                parents: fields[start + 2].split(separator: " ").map(String.init),
                author: GitSignature(name: fields[start + 3], email: fields[start + 4], date: fields[start + 5]),
                committer: GitSignature(name: fields[start + 6], email: fields[start + 7], date: fields[start + 8]),
                message: fields[start + 9].trimmingLineEnds())
        }
    }

    /// The entries of a tree; recursive listings have the folders too, as GitHub lists them.
    package func tree(_ sha: String, recursive: Bool) async throws -> [GitTreeEntry] {
        let output = try await git(["ls-tree", "-z", "-l"] + (recursive ? ["-r", "-t"] : []) + [sha])
        return output.split(separator: 0).compactMap { line in
            guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
            let facts = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ")
            guard facts.count == 4 else { return nil }
            return GitTreeEntry(
                mode: String(facts[0]), type: String(facts[1]), sha: String(facts[2]), size: Int(facts[3]),
                path: String(decoding: line[line.index(after: tab)...], as: UTF8.self))
        }
    }

    /// What a folder of a commit holds, the commit's own for an empty path; nil when there is no such folder.
    package func entries(of folder: String, in commit: String) async throws -> [GitTreeEntry]? {
        do {
            return try await tree(folder.isEmpty ? commit : "\(commit):\(folder)", recursive: false)
        } catch is GitError {
            return nil
        }
    }

    /// What changed from one commit or tree to another, renames found.
    package func changes(from base: String, to head: String) async throws -> [GitChange] {
        let raw = try await fields(["diff-tree", "-r", "-z", "--raw", "-M", "--no-abbrev", base, head])
        let counts = try await lineCounts(from: base, to: head)
        var changes: [GitChange] = []
        var index = 0
        while index < raw.count, raw[index].hasPrefix(":") {
            let facts = raw[index].split(separator: " ")
            guard facts.count == 5, index + 1 < raw.count else { break }
            let letter = facts[4].first ?? "M"
            let hasTwoPaths = letter == "R" || letter == "C"
            guard !hasTwoPaths || index + 2 < raw.count else { break }
            let path = raw[hasTwoPaths ? index + 2 : index + 1]
            let isRemoved = letter == "D"
            let count = counts[path] ?? (0, 0)
            changes.append(
                GitChange(
                    status: Self.status(letter), path: path, previousPath: hasTwoPaths ? raw[index + 1] : nil,
                    sha: String(facts[isRemoved ? 2 : 3]), additions: count.0, deletions: count.1))
            index += hasTwoPaths ? 3 : 2
        }
        return changes
    }

    private func lineCounts(from base: String, to head: String) async throws -> [String: (Int, Int)] {
        let output = try await fields(["diff-tree", "-r", "-z", "--numstat", "-M", base, head])
        var counts: [String: (Int, Int)] = [:]
        var index = 0
        while index < output.count {
            let parts = output[index].split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { break }
            let numbers = (Int(parts[0]) ?? 0, Int(parts[1]) ?? 0)
            if parts[2].isEmpty, index + 2 < output.count {
                counts[output[index + 2]] = numbers
                index += 3
            } else {
                counts[String(parts[2])] = numbers
                index += 1
            }
        }
        return counts
    }

    private func fields(_ arguments: [String]) async throws -> [String] {
        try await git(arguments).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func status(_ letter: Character) -> String {
        switch letter {
        case "A": "added"
        case "D": "removed"
        case "R": "renamed"
        case "C": "copied"
        case "T": "changed"
        default: "modified"
        }
    }
}

extension String {
    /// Without line feeds at the start: `git log -z` puts one between records.
    fileprivate func trimmingCharactersAtStart() -> String {
        String(drop { $0.isNewline })
    }
}
