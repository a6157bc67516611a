// SPDX-License-Identifier: MIT
import JSONCoding
import SystemCalls
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(3))) struct ObjectStoreTests {
    private let bucket = StorageBucket(group: "", plural: "things")

    private func key(_ name: String) -> StorageKey { StorageKey(bucket: bucket, namespace: "a", name: name) }

    private func object(_ name: String, _ value: Int = 0) -> JSONValue {
        ["metadata": ["name": .string(name), "namespace": "a"], "value": .integer(Int64(value))]
    }

    private func withStore(historyLimit: Int = 100, _ body: (ObjectStore) async throws -> Void) async throws {
        let directory = try Files.temporaryDirectory(prefix: "store-test")
        let store = try ObjectStore(directory: directory, historyLimit: historyLimit)
        try await body(store)
        store.close()
        try Files.remove(directory)
    }

    @Test func aTransactionIsAllOrNothing() async throws {
        try await withStore { store in
            try store.transaction { $0.put(object("kept"), at: key("kept")) }
            let revision = store.revision
            _ = try refusal {
                try store.transaction { (transaction) throws(StatusError) -> Void in
                    transaction.put(object("lost"), at: key("lost"))
                    transaction.remove(key("kept"))
                    #expect(transaction.object(key("kept")) == nil)
                    #expect(transaction.objects(bucket, namespace: nil).map(\.name) == ["lost"])
                    throw .badRequest("changed my mind")
                }
            }
            #expect(store.objects(bucket).items.map(\.name) == ["kept"])
            #expect(store.revision == revision)
        }
    }

    @Test func aDryRunKeepsNothing() async throws {
        try await withStore { store in
            let shown = try store.transaction(commit: false) { $0.put(object("x"), at: key("x")) }
            #expect(shown.resourceVersion == "1")
            #expect(store.object(key("x")) == nil)
            #expect(store.revision == 0)
        }
    }

    @Test func everyWriteHasARevisionOfItsOwn() async throws {
        try await withStore { store in
            try store.transaction { transaction in
                transaction.put(object("a"), at: key("a"))
                transaction.put(object("b"), at: key("b"))
            }
            #expect(store.object(key("a"))?.resourceVersion == "1")
            #expect(store.object(key("b"))?.resourceVersion == "2")
            try store.transaction { $0.remove(key("a")) }
            #expect(store.revision == 3)
        }
    }

    @Test func historyIsReadFromAnyRevisionInTheWindow() async throws {
        try await withStore(historyLimit: 4) { store in
            for value in 1...20 { try store.transaction { $0.put(object("x", value), at: key("x")) } }
            guard case .events(let events, let upTo) = store.history(of: bucket, after: 18) else {
                Issue.record("revision 18 should be known")
                return
            }
            #expect(events.map(\.revision) == [19, 20])
            #expect(upTo == 20)
            guard case .expired(let oldest) = store.history(of: bucket, after: 2) else {
                Issue.record("revision 2 should be gone")
                return
            }
            #expect(oldest > 2 && oldest <= 16)
            guard case .future = store.history(of: bucket, after: 21) else {
                Issue.record("revision 21 should not be there")
                return
            }
        }
    }

    @Test func waitersWakeWithTheWriteOrTheirCancellation() async throws {
        try await withStore { store in
            async let woken: Void = store.waitForChange(in: bucket, after: 0)
            try store.transaction { $0.put(object("x"), at: key("x")) }
            await woken
            let waiting = Task { await store.waitForChange(in: bucket, after: 1) }
            waiting.cancel()
            await waiting.value
        }
    }

    @Test func aWatchSeesWhatIsThereAndWhatHappens() async throws {
        try await withStore { store in
            try store.transaction { $0.put(object("x"), at: key("x")) }
            let watch = ClusterWatch(store: store, bucket: bucket, namespace: nil, initial: true)
            var events = watch.makeAsyncIterator()
            #expect(await events.next()?.kind == .added)
            try store.transaction { $0.put(object("x", 2), at: key("x")) }
            try store.transaction { $0.remove(key("x")) }
            #expect(await events.next()?.kind == .modified)
            let last = await events.next()
            #expect(last?.kind == .deleted)
            #expect(last?.object["value"] == 2)
            #expect(last?.object.resourceVersion == "3")
        }
    }

    @Test func aWatchThatFellBehindStartsOver() async throws {
        try await withStore(historyLimit: 2) { store in
            try store.transaction { $0.put(object("x"), at: key("x")) }
            var events = ClusterWatch(store: store, bucket: bucket, namespace: nil, initial: true).makeAsyncIterator()
            #expect(await events.next()?.kind == .added)
            for value in 1...20 { try store.transaction { $0.put(object("x", value), at: key("x")) } }
            #expect(await events.next()?.kind == .restarted)
            let again = await events.next()
            #expect(again?.kind == .added)
            #expect(again?.object["value"] == 20)
        }
    }

    @Test func twoStoresNeverShareAFolder() async throws {
        let directory = try Files.temporaryDirectory(prefix: "store-test")
        let first = try ObjectStore(directory: directory)
        #expect(throws: StoreError.self) { try ObjectStore(directory: directory) }
        withExtendedLifetime(first) {}
        try Files.remove(directory)
    }
}
