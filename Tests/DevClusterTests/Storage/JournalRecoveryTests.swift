// SPDX-License-Identifier: MIT
import JSONCoding
import SystemCalls
import Testing

@testable import DevCluster

/// Killing the process at any moment: whatever the journal holds of it, what was acknowledged is there.
@Suite(.timeLimit(.minutes(3))) struct JournalRecoveryTests {
    private static let bucket = StorageBucket(group: "example.dev", plural: "things")

    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static func contents(_ store: ObjectStore) -> [String: JSONValue] {
        Dictionary(store.objects(bucket).items.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// Random transactions; returns the size of the journal and the contents after each.
    private static func write(
        _ count: Int, to store: ObjectStore, path: String, using random: inout Random
    ) throws -> [(size: Int, revision: UInt64, contents: [String: JSONValue])] {
        var states = [(size: try Files.status(path).size, revision: store.revision, contents: contents(store))]
        for step in 0..<count {
            try store.transaction { transaction in
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let name = "n\(Int.random(in: 0..<6, using: &random))"
                    let key = StorageKey(bucket: bucket, namespace: "", name: name)
                    if Int.random(in: 0..<4, using: &random) == 0 {
                        transaction.remove(key)
                    } else {
                        transaction.put(
                            [
                                "metadata": ["name": .string(name)], "step": .integer(Int64(step)),
                                "text": "ä\n\u{1F680}",
                            ],
                            at: key)
                    }
                }
            }
            states.append((try Files.status(path).size, store.revision, contents(store)))
        }
        return states
    }

    @Test(arguments: 1...20) func everyCutKeepsWhatWasAcknowledged(seed: Int) throws {
        var random = Random(state: UInt64(seed))
        let directory = try Files.temporaryDirectory(prefix: "journal-test")
        defer { try? Files.remove(directory) }
        let path = directory + "/journal.jsonl"
        var states: [(size: Int, revision: UInt64, contents: [String: JSONValue])] = []
        do {
            let store = try ObjectStore(directory: directory)
            states = try Self.write(30, to: store, path: path, using: &random)
            store.close()
        }
        let bytes = try Files.readBytes(path)
        for _ in 0..<15 {
            let cut = Int.random(in: states[0].size...bytes.count, using: &random)
            let copy = try Files.temporaryDirectory(prefix: "journal-cut")
            defer { try? Files.remove(copy) }
            try Files.writeAtomically(copy + "/journal.jsonl", Array(bytes[..<cut]))
            let store = try ObjectStore(directory: copy)
            let expected = try #require(states.last { $0.size <= cut })
            #expect(Self.contents(store) == expected.contents)
            #expect(store.revision == expected.revision)
            // What is written after the recovery must not stand behind the torn line.
            try store.transaction { transaction in
                transaction.put(
                    ["metadata": ["name": "after"]], at: StorageKey(bucket: Self.bucket, namespace: "", name: "after"))
            }
            let after = Self.contents(store)
            store.close()
            let bytesAfter = try Files.readBytes(copy + "/journal.jsonl")
            let again = try Files.temporaryDirectory(prefix: "journal-again")
            defer { try? Files.remove(again) }
            try Files.writeAtomically(again + "/journal.jsonl", bytesAfter)
            let reopened = try ObjectStore(directory: again)
            #expect(Self.contents(reopened) == after)
        }
    }

    @Test func watchersGoOnAfterARestart() throws {
        let directory = try Files.temporaryDirectory(prefix: "journal-test")
        defer { try? Files.remove(directory) }
        let copy = directory + "/copy"
        do {
            let store = try ObjectStore(directory: directory)
            var random = Random(state: 7)
            _ = try Self.write(10, to: store, path: directory + "/journal.jsonl", using: &random)
            try Files.createDirectory(copy)
            try Files.writeAtomically(copy + "/journal.jsonl", Files.readBytes(directory + "/journal.jsonl"))
            guard case .events(let before, _) = store.history(of: Self.bucket, after: 3) else {
                Issue.record("the history should be known")
                return
            }
            let restarted = try ObjectStore(directory: copy)
            guard case .events(let after, _) = restarted.history(of: Self.bucket, after: 3) else {
                Issue.record("the history should be known after the restart")
                return
            }
            #expect(before.map(\.revision) == after.map(\.revision))
            #expect(before.map(\.object) == after.map(\.object))
            #expect(before.map(\.previous) == after.map(\.previous))
        }
    }

    @Test func compactionKeepsObjectsAndForgetsHistory() throws {
        let directory = try Files.temporaryDirectory(prefix: "journal-test")
        defer { try? Files.remove(directory) }
        let opened = try Journal.open(directory: directory)
        var journal = opened.journal
        var contents = StoreContents()
        for revision in 1...50 {
            let key = StorageKey(bucket: Self.bucket, namespace: "a", name: "n\(revision % 3)")
            let json: JSONValue = ["metadata": ["resourceVersion": .string("\(revision)")]]
            try journal.append([StoreEvent(revision: UInt64(revision), key: key, object: json, previous: nil)])
            contents[key] = StoredObject(json: json, revision: UInt64(revision))
        }
        let before = try Files.status(directory + "/journal.jsonl").size
        try journal.compact(contents, revision: 50)
        #expect(try Files.status(directory + "/journal.jsonl").size < before)
        let last = StoreEvent(
            revision: 51, key: StorageKey(bucket: Self.bucket, namespace: "a", name: "n0"), object: nil, previous: nil)
        try journal.append([last])
        let again = try Journal.open(directory: directory)
        #expect(again.baseRevision == 50)
        #expect(again.snapshot.count == 3)
        #expect(again.changes.map(\.revision) == [51])
        #expect(again.changes.first?.object == nil)
    }

    @Test func damageInTheMiddleIsNamedAndNotSkipped() throws {
        let directory = try Files.temporaryDirectory(prefix: "journal-test")
        defer { try? Files.remove(directory) }
        let text = "{\"format\":1,\"revision\":0}\n{\"w\":[{\"r\":1,\"b\":\n{\"w\":[]}\n"
        try Files.writeAtomically(directory + "/journal.jsonl", Array(text.utf8))
        let error = #expect(throws: StoreError.self) { try ObjectStore(directory: directory) }
        #expect(error?.description.contains("line 2") == true)
    }
}
