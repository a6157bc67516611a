// SPDX-License-Identifier: MIT

/// What one snapshot of an agent's session is made of: the seam between the run's pod and the run API.
///
/// Content is in chunks of at most ``chunkBytes``, named by the SHA-256 of their bytes before compression, so that what
/// did not change is sent and kept once. A snapshot is there when its manifest is, and then as a whole.
package struct SessionManifest: Codable, Sendable, Hashable {
    /// One file of the session.
    package struct File: Codable, Sendable, Hashable {
        /// Relative to the session's folder, with plain segments alone.
        package var path: String
        /// Bytes.
        package var size: Int
        /// Of the whole file, in lower-case hexadecimal.
        package var sha256: String
        /// The digests of its chunks, in their order; none for an empty file.
        package var chunks: [String]

        /// Describes a file.
        package init(path: String, size: Int, sha256: String, chunks: [String]) {
            self.path = path
            self.size = size
            self.sha256 = sha256
            self.chunks = chunks
        }
    }

    /// Work that was not on the branch yet when the pod ended; of use to the same run alone.
    package struct Work: Codable, Sendable, Hashable {
        /// The run that did it.
        package var runUID: String
        /// The commit that it is on top of.
        package var start: String
        /// The commit that the bundle leads to.
        package var head: String
        /// A git bundle from ``start`` to ``head``.
        package var bundle: File

        /// Describes unfinished work.
        package init(runUID: String, start: String, head: String, bundle: File) {
            self.runUID = runUID
            self.start = start
            self.head = head
            self.bundle = bundle
        }
    }

    /// The most bytes of a chunk, before compression.
    package static let chunkBytes = 1 << 20
    /// The most files of a session.
    package static let fileLimit = 2000
    /// The most chunks that a snapshot may name.
    package static let chunkLimit = 4096
    /// More snapshots than anybody makes.
    private static let sequenceLimit: Int64 = 1 << 40
    /// The most bytes of ``work``.
    package static let workBytes = 32 << 20

    /// How the name of a session begins that holds unfinished work and no files; the run's uid follows.
    package static let workPrefix = "work-"

    /// Grows with each snapshot of a session.
    package var sequence: Int64
    /// The session's files.
    package var files: [File]
    /// Unfinished work; nil where all of it is on the branch.
    package var work: Work?

    /// Describes a snapshot.
    package init(sequence: Int64, files: [File], work: Work? = nil) {
        self.sequence = sequence
        self.files = files
        self.work = work
    }

    /// Bytes of the session's files.
    package var sessionBytes: Int { files.reduce(0) { $0 + $1.size } }

    /// All files, the bundle included.
    package var allFiles: [File] { files + (work.map { [$0.bundle] } ?? []) }

    /// Why this is no snapshot that could be kept or restored; nil when it is.
    ///
    /// - Parameter limit: the most bytes of the session's files.
    package func problem(limit: Int) -> String? {
        // Who goes on with the snapshot counts on from here.
        if !(0..<Self.sequenceLimit).contains(sequence) {
            return "sequence is \(sequence), not 0 to \(Self.sequenceLimit)"
        }
        if files.count > Self.fileLimit { return "it has \(files.count) files; \(Self.fileLimit) are kept" }
        var seen: Set<String> = []
        var folders: Set<String> = []
        for file in files {
            if let problem = file.problem { return problem }
            if !seen.insert(file.path).inserted { return "the path \(file.path) is there twice" }
            folders.formUnion(file.folders)
        }
        if let both = seen.intersection(folders).min() { return "the path \(both) is a file and a folder" }
        if let work {
            if let problem = work.problem { return problem }
        }
        let chunks = allFiles.reduce(0) { $0 + $1.chunks.count }
        if chunks > Self.chunkLimit { return "it has \(chunks) chunks; \(Self.chunkLimit) are kept" }
        // Each size is bounded by its chunks, so the sum cannot overflow.
        if sessionBytes > limit { return "its files have \(sessionBytes) bytes; \(limit) are kept" }
        return nil
    }
}

extension SessionManifest.File {
    /// Why the entry is not sound; nil when it is.
    var problem: String? {
        if let problem = SessionPath.problem(path) { return problem }
        guard SessionDigest.isValid(sha256), chunks.allSatisfy(SessionDigest.isValid) else {
            return "\(path): a digest is not 64 lower-case hexadecimal digits"
        }
        let most = chunks.count * SessionManifest.chunkBytes
        guard size >= chunks.count, size <= most else {
            return
                "\(path): \(size) bytes do not fit \(chunks.count) chunks of 1 to \(SessionManifest.chunkBytes) bytes"
        }
        return nil
    }

    /// The folders that the path leads through.
    fileprivate var folders: Set<String> {
        var folders: Set<String> = []
        for index in path.utf8.indices where path.utf8[index] == UInt8(ascii: "/") {
            folders.insert(String(path[..<index]))
        }
        return folders
    }
}

extension SessionManifest.Work {
    /// Why the entry is not sound; nil when it is.
    fileprivate var problem: String? {
        if let problem = bundle.problem { return problem }
        if bundle.size > SessionManifest.workBytes {
            return "unfinished work has \(bundle.size) bytes; \(SessionManifest.workBytes) are kept"
        }
        if runUID.isEmpty || runUID.utf8.count > 256 { return "unfinished work does not name its run" }
        let ids = [start, head].allSatisfy { ($0.utf8.count == 40 || $0.utf8.count == 64) && SessionDigest.isHex($0) }
        return ids ? nil : "unfinished work does not name its commits in full"
    }
}

/// Names of chunks and files: SHA-256 in lower-case hexadecimal.
package enum SessionDigest {
    /// Whether the text is one.
    package static func isValid(_ text: String) -> Bool { text.utf8.count == 64 && isHex(text) }

    static func isHex(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

/// Names of sessions, which agents choose: they become parts of paths, addresses and argument lists.
package enum SessionName {
    /// Whether the text can name a session: 1 to 128 letters, digits, `-`, `_` and `.`, the first a letter or digit.
    package static func isValid(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first) else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || Array("-_.".utf8).contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Paths within a session's folder.
package enum SessionPath {
    /// The longest path, in bytes.
    package static let longest = 512

    /// Why the path could lead somewhere else, or could not be made; nil when it is plain and relative.
    package static func problem(_ path: String) -> String? {
        guard !path.isEmpty, path.utf8.count <= longest else {
            return "a path has \(path.utf8.count) bytes; 1 to \(longest) are kept"
        }
        // By bytes, as the file system takes it: as text, a slash before a combining mark is another character.
        let segments = Array(path.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let plain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                && segment.count <= 255
        }
        let printable = path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{FFFD}" }
        return plain && printable ? nil : "a path is not plain and relative"
    }
}
