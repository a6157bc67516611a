// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import SystemCalls

/// The next snapshot of a session folder, file by file, beside what the last one knew.
struct SessionSnapshot: Sendable {
    /// What is known of a file of the last snapshot.
    struct Known: Sendable, Equatable {
        var entry: SessionFolder.Entry
        var file: SessionManifest.File
        /// Sizes of its chunks.
        var pieces: [Int]
    }

    /// Takes the bytes of a piece that may not be there yet. It is called for every piece that was read, in order.
    typealias Taker = (_ sha256: String, _ bytes: [UInt8]) async throws -> Void

    /// By path.
    private(set) var known: [String: Known] = [:]

    /// Reads what changed, and hands its pieces over one at a time: no more than a chunk is held.
    ///
    /// - Parameters:
    ///   - isAtRest: nobody writes any more. Else a file of lines (`.jsonl`) ends at its last whole line.
    /// - Throws: `SessionProblem`, `SystemError`, and what the taker throws; what was known stays as it was.
    mutating func update(
        _ folder: SessionFolder, root: String, isAtRest: Bool, take: Taker
    ) async throws -> [SessionManifest.File] {
        var next: [String: Known] = [:]
        var files: [SessionManifest.File] = []
        for entry in folder.entries {
            var now = known[entry.path]
            if now?.entry != entry || isAtRest && now.map({ $0.file.size != entry.size }) == true {
                now = try await Self.read(
                    entry, root: root, isAtRest: isAtRest, previous: now?.pieces ?? [], take: take)
            }
            guard let now else { continue }
            next[entry.path] = now
            files.append(now.file)
        }
        known = next
        return files
    }

    /// Takes over what a restored snapshot is made of, so that going on sends only what is new.
    ///
    /// - Parameter pieces: sizes of chunks by their digests.
    mutating func adopt(_ manifest: SessionManifest, _ folder: SessionFolder, pieces: [String: Int]) {
        for file in manifest.files {
            guard let entry = folder.entries.first(where: { $0.path == file.path }), entry.size == file.size else {
                continue
            }
            let sizes = file.chunks.compactMap { pieces[$0] }
            if sizes.count == file.chunks.count { known[file.path] = Known(entry: entry, file: file, pieces: sizes) }
        }
    }

    /// Reads every file anew next time, cut as before.
    mutating func distrust() {
        for path in known.keys { known[path]?.entry.modified = -1 }
    }

    /// Reads one file as it was when the folder was looked at; what is added meanwhile is for the next snapshot.
    ///
    /// - Returns: nil when it went meanwhile.
    static func read(
        _ entry: SessionFolder.Entry, root: String, isAtRest: Bool, previous: [Int], take: Taker
    ) async throws -> Known? {
        let reader: FileReader
        do throws(SystemError) { reader = try FileReader("\(root)/\(entry.path)", followsLinks: false) } catch {
            if error.isNotFound { return nil }
            throw error
        }
        let isLines = entry.path.hasSuffix(".jsonl") && !isAtRest
        let size = isLines ? try wholeLines(reader, size: entry.size) : entry.size
        var whole = SHA256.Incremental()
        var digests: [String] = []
        var offset = 0
        let pieces = ChunkPlan.sizes(size, previous: previous)
        for piece in pieces {
            let bytes = try fill(reader, at: offset, count: piece)
            guard bytes.count == piece else { throw SessionProblem.restless(path: entry.path) }
            whole.update(bytes)
            let digest = SHA256.hexDigest(bytes)
            digests.append(digest)
            offset += piece
            try await take(digest, bytes)
        }
        let file = SessionManifest.File(
            path: entry.path, size: size, sha256: Hex.encode(whole.finish()), chunks: digests)
        return Known(entry: entry, file: file, pieces: pieces)
    }

    private static func fill(_ reader: borrowing FileReader, at offset: Int, count: Int) throws -> [UInt8] {
        var bytes = try reader.read(at: offset, upTo: count)
        while bytes.count < count {
            let more = try reader.read(at: offset + bytes.count, upTo: count - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    /// Bytes up to the end of the last whole line: a line that is half written would make a restored session
    /// unreadable.
    private static func wholeLines(_ reader: borrowing FileReader, size: Int) throws -> Int {
        var end = size
        while end > 0 {
            let start = max(0, end - (64 << 10))
            let bytes = try reader.read(at: start, upTo: end - start)
            if let last = bytes.lastIndex(of: UInt8(ascii: "\n")) { return start + last + 1 }
            end = start
        }
        return 0
    }
}
