// SPDX-License-Identifier: MIT
import JSONCoding
import SystemCalls

/// Why the store cannot be opened or written.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What happened, to which file, and what to do.
    package var description: String
}

/// The file that makes writes durable: one line of JSON a transaction, appended before the write is acknowledged.
///
/// A process that is killed between two bytes leaves a last line without its end, which is cut off when the file is
/// opened: its write was never acknowledged. From time to time the file is replaced, by an atomic rename, by one that
/// holds the current objects only.
struct Journal: Sendable {
    /// A change as read back.
    struct Change {
        var revision: UInt64
        var key: StorageKey
        var object: JSONValue?
    }

    /// What opening found.
    struct Opened {
        var journal: Journal
        /// The revision of the snapshot at the head of the file.
        var baseRevision: UInt64
        var snapshot: [(key: StorageKey, object: StoredObject)]
        /// The changes since.
        var changes: [Change]
    }

    private let directory: String
    /// Whether an append waits for the disk. Without it an acknowledged write survives the end of the process, however
    /// it ends, but not that of the machine.
    private let synchronizes: Bool
    private var file: AppendFile
    private var bytes: Int
    private var liveBytes: Int
    /// Below this size the file is never rewritten.
    private static let smallestCompaction = 8 << 20

    private static func path(_ directory: String) -> String { directory + "/journal.jsonl" }

    /// Opens the file in a folder, made when missing, and reads it.
    static func open(directory: String, synchronizes: Bool = false) throws(StoreError) -> Opened {
        let path = path(directory)
        do {
            try Files.createDirectory(directory, mode: 0o700)
            let content = Files.exists(path) ? try Files.readBytes(path) : []
            let parsed = try parse(content, path: path)
            let file = try AppendFile(path, mode: 0o600)
            if parsed.completeBytes < content.count { try file.truncate(to: parsed.completeBytes) }
            var journal = Journal(
                directory: directory, synchronizes: synchronizes, file: file, bytes: parsed.completeBytes,
                liveBytes: parsed.completeBytes)
            if parsed.completeBytes == 0 {
                let head = header(revision: 0)
                try file.append(head)
                journal.bytes = head.count
            }
            return Opened(
                journal: journal, baseRevision: parsed.baseRevision, snapshot: parsed.snapshot,
                changes: parsed.changes)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(description: "cannot open the cluster's journal \(path): \(error)")
        }
    }

    /// Appends one transaction; returns only when the kernel has it, so that killing the process loses nothing, and
    /// with `synchronizes` only when the disk has it.
    mutating func append(_ writes: [StoreEvent]) throws(StoreError) {
        let line = JSONValue.object(["w": .array(writes.map(Self.encode))]).encoded() + [UInt8(ascii: "\n")]
        do {
            try file.append(line)
            if synchronizes { try file.synchronize() }
        } catch {
            // A line that is half there would make every later one unreadable.
            try? file.truncate(to: bytes)
            throw StoreError(description: "\(Self.path(directory)): \(error)")
        }
        bytes += line.count
    }

    /// Whether most of the file is history.
    var wantsCompaction: Bool { bytes > max(Self.smallestCompaction, 3 * liveBytes) }

    /// Replaces the file by one that holds the given objects only.
    mutating func compact(_ contents: StoreContents, revision: UInt64) throws {
        var output = Self.header(revision: revision)
        for (bucket, spaces) in contents.buckets {
            for (namespace, objects) in spaces {
                for (name, object) in objects {
                    let key = StorageKey(bucket: bucket, namespace: namespace, name: name)
                    let event = StoreEvent(revision: object.revision, key: key, object: object.json, previous: nil)
                    output += JSONValue.object(["s": Self.encode(event)]).encoded()
                    output.append(UInt8(ascii: "\n"))
                }
            }
        }
        let path = Self.path(directory)
        try Files.writeAtomically(path, output, mode: 0o600)
        file = try AppendFile(path, mode: 0o600)
        bytes = output.count
        liveBytes = output.count
    }

    private static func header(revision: UInt64) -> [UInt8] {
        Array("{\"format\":1,\"revision\":\(revision)}\n".utf8)
    }

    private static func encode(_ event: StoreEvent) -> JSONValue {
        var entry: JSONObject = [
            "r": .integer(Int64(event.revision)), "b": .string(event.key.bucket.description),
            "n": .string(event.key.name),
        ]
        if !event.key.namespace.isEmpty { entry["ns"] = .string(event.key.namespace) }
        if let object = event.object { entry["o"] = object }
        return .object(entry)
    }

    private static func decode(_ entry: JSONValue) -> Change? {
        guard let revision = entry["r"]?.integerValue, let bucket = entry["b"]?.stringValue,
            let name = entry["n"]?.stringValue
        else { return nil }
        let key = StorageKey(
            bucket: StorageBucket(bucket), namespace: entry["ns"]?.stringValue ?? "", name: name)
        return Change(revision: UInt64(revision), key: key, object: entry["o"])
    }

    private struct Parsed {
        var baseRevision: UInt64 = 0
        var snapshot: [(key: StorageKey, object: StoredObject)] = []
        var changes: [Change] = []
        var completeBytes = 0
    }

    private static func parse(_ content: [UInt8], path: String) throws(StoreError) -> Parsed {
        var parsed = Parsed()
        var start = 0
        var number = 0
        while start < content.count {
            guard let end = content[start...].firstIndex(of: UInt8(ascii: "\n")) else { break }
            number += 1
            let line: JSONValue
            do {
                line = try JSONValue.parse(Array(content[start..<end]))
            } catch {
                throw damaged(path, line: number, "\(error)")
            }
            guard read(line, number: number, into: &parsed) else {
                throw damaged(path, line: number, "not a record of this journal's format")
            }
            start = end + 1
            parsed.completeBytes = start
        }
        return parsed
    }

    private static func damaged(_ path: String, line: Int, _ problem: String) -> StoreError {
        StoreError(
            description:
                "\(path) line \(line) is damaged: \(problem); restore the file from a copy, or move the folder "
                + "away to begin with an empty cluster")
    }

    private static func read(_ line: JSONValue, number: Int, into parsed: inout Parsed) -> Bool {
        if number == 1 {
            guard line["format"]?.integerValue == 1, let revision = line["revision"]?.integerValue else { return false }
            parsed.baseRevision = UInt64(revision)
        } else if let entry = line["s"] {
            guard let change = decode(entry), let object = change.object else { return false }
            parsed.snapshot.append((change.key, StoredObject(json: object, revision: change.revision)))
        } else if let entries = line["w"]?.arrayValue {
            for entry in entries {
                guard let change = decode(entry) else { return false }
                parsed.changes.append(change)
            }
        } else {
            return false
        }
        return true
    }
}
