// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import Synchronization
import Testing

@testable import DevCluster

/// Collects what a watch writes, and lets tests wait for it.
private final class WatchReader: ResponseWriter {
    private struct State {
        var events: [JSONValue] = []
        var waiting: [(Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func write(_ bytes: [UInt8]) async throws {
        let lines = try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse(Array($0)) }
        let ready = state.withLock { state in
            state.events += lines
            let ready = state.waiting.filter { $0.0 <= state.events.count }
            state.waiting.removeAll { $0.0 <= state.events.count }
            return ready
        }
        for (_, continuation) in ready { continuation.resume() }
    }

    /// The events, once there are so many.
    func events(_ count: Int) async -> [JSONValue] {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let now = state.withLock { state in
                if state.events.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if now { continuation.resume() }
        }
        return state.withLock { $0.events }
    }

    var all: [JSONValue] { state.withLock { $0.events } }
}

@Suite(.timeLimit(.minutes(3))) struct WatchStreamTests {
    /// Runs a watch while the closure runs.
    private func watch(
        _ api: TestHandler, _ query: String, headers: [(String, String)] = [],
        _ body: (WatchReader) async throws -> Void
    ) async throws {
        let reader = WatchReader()
        let response = await api.handler.handle(
            try api.request(.get, "/api/v1/namespaces/default/secrets?watch=true&\(query)", headers: headers))
        guard case .stream(let write) = response.body else {
            Issue.record("not a stream: \(response.status)")
            return
        }
        let task = Task { try await write(reader) }
        try await body(reader)
        task.cancel()
        _ = await task.result
    }

    private func summary(_ events: [JSONValue]) -> [String] {
        events.map { "\($0["type"]?.stringValue ?? "") \($0["object"]?.name ?? "")" }
    }

    @Test func whatIsThereComesFirst() async throws {
        let api = try TestHandler()
        try api.cluster.make(.secret, "a")
        try await watch(api, "") { reader in
            _ = await reader.events(1)
            try api.cluster.make(.secret, "b")
            try api.cluster.api.delete(.secret, namespace: "default", name: "a")
            #expect(summary(await reader.events(3)) == ["ADDED a", "ADDED b", "DELETED a"])
        }
    }

    @Test func aWatchGoesOnFromAResourceVersion() async throws {
        let api = try TestHandler()
        let first = try api.cluster.make(.secret, "a")
        try api.cluster.make(.secret, "b")
        try await watch(api, "resourceVersion=\(first.resourceVersion)") { reader in
            #expect(summary(await reader.events(1)) == ["ADDED b"])
        }
    }

    @Test func selectorsMakeObjectsComeAndGo() async throws {
        let api = try TestHandler()
        try api.cluster.make(.secret, "a")
        func label(_ value: JSONValue?) throws {
            _ = try api.cluster.api.modify(.secret, namespace: "default", name: "a", subresource: nil) {
                $0.setMeta("labels", value.map { ["x": $0] })
            }
        }
        try await watch(api, "labelSelector=x%3D1") { reader in
            // Written before the watch reads its start, this must not be lost either.
            try label("1")
            _ = await reader.events(1)
            try label("2")
            try label("1")
            try api.cluster.api.delete(.secret, namespace: "default", name: "a")
            #expect(summary(await reader.events(4)) == ["ADDED a", "DELETED a", "ADDED a", "DELETED a"])
        }
    }

    @Test func initialEventsEndWithABookmark() async throws {
        let api = try TestHandler()
        try api.cluster.make(.secret, "a")
        let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        try await watch(api, query) { reader in
            let events = await reader.events(2)
            #expect(events[1]["type"] == "BOOKMARK")
            #expect(events[1].at("object", "metadata", "annotations", "k8s.io/initial-events-end") == "true")
            #expect(
                events[1].at("object", "metadata", "resourceVersion")?.stringValue
                    == "\(api.cluster.api.store.revision)")
        }
    }

    @Test func anOldResourceVersionIsExpiredInTheStream() async throws {
        let api = try TestHandler(historyLimit: 4)
        for index in 0..<20 { try api.cluster.make(.secret, "s\(index)") }
        try await watch(api, "resourceVersion=1") { reader in
            let events = await reader.events(1)
            #expect(events[0]["type"] == "ERROR")
            #expect(events[0].at("object", "code") == 410)
            #expect(events[0].at("object", "reason") == "Expired")
        }
    }

    @Test func aFutureResourceVersionIsSaidToBeOne() async throws {
        let api = try TestHandler(freshnessTimeout: .milliseconds(20))
        let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999"
        try await watch(api, query) { reader in
            let events = await reader.events(1)
            #expect(events[0].at("object", "code") == 504)
            #expect(events[0].at("object", "details", "causes")?[0]?["reason"] == "ResourceVersionTooLarge")
        }
        let list = try await api.send(.get, "/api/v1/secrets?resourceVersion=999999")
        #expect(list.status == 504)
        #expect(list.json.at("details", "retryAfterSeconds") == 1)
        #expect(try await api.send(.get, "/api/v1/secrets?resourceVersion=abc").status == 400)
        #expect(try await api.send(.get, "/api/v1/secrets?watch=1&resourceVersion=abc").status == 500)
    }

    @Test func aWatchFromTheFutureIsSilentUntilThen() async throws {
        let api = try TestHandler()
        let future = api.cluster.api.store.revision + 2
        try await watch(api, "resourceVersion=\(future)") { reader in
            for name in ["a", "b", "c"] { try api.cluster.make(.secret, name) }
            #expect(summary(await reader.events(1)) == ["ADDED c"])
        }
    }

    @Test func whoAsksForTheNextVersionWaitsForIt() async throws {
        let api = try TestHandler(freshnessTimeout: .seconds(20))
        let next = api.cluster.api.store.revision + 1
        async let list = api.send(.get, "/api/v1/secrets?resourceVersion=\(next)")
        try api.cluster.make(.secret, "a")
        #expect(try await list.json["items"]?.arrayValue?.count == 1)
    }

    @Test(arguments: [
        ("watch=1&sendInitialEvents=true", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        ("watch=1&sendInitialEvents=false&allowWatchBookmarks=true", "sendInitialEvents requires setting"),
        (
            "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact",
            "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, "
                + "resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]"
        ),
        ("watch=1&resourceVersionMatch=NotOlderThan", "forbidden for watch unless sendInitialEvents is provided"),
        ("watch=1&continue=abc", "resourceVersionMatch is forbidden when continue is provided"),
        ("sendInitialEvents=true", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
        ("resourceVersionMatch=Exact", "forbidden unless resourceVersion is provided"),
        ("resourceVersionMatch=Exact&resourceVersion=0", "\"exact\" is forbidden for resourceVersion \"0\""),
        ("resourceVersionMatch=x&resourceVersion=1", "supported values: \"Exact\", \"NotOlderThan\", \"\""),
    ])
    func optionsWithoutMeaningAreRefused(_ query: String, _ message: String) async throws {
        let answer = try await TestHandler().send(.get, "/api/v1/secrets?\(query)")
        #expect(answer.status == 422 && answer.json["reason"] == "Invalid")
        #expect(answer.json["message"]?.stringValue?.hasPrefix("ListOptions.meta.k8s.io \"\" is invalid: ") == true)
        #expect(answer.json["message"]?.stringValue?.contains(message) == true, "\(answer.json)")
    }

    @Test func bookmarksComeEachIntervalAndTwoSecondsBeforeTheEnd() {
        let start = ContinuousClock.now
        var schedule = BookmarkSchedule(interval: .seconds(60), deadline: start + .seconds(100), now: start)
        #expect(schedule.next == start + .seconds(60))
        #expect(!schedule.isDue(at: start + .seconds(59)) && schedule.isDue(at: start + .seconds(60)))
        #expect(schedule.next == start + .seconds(98) && schedule.isDue(at: start + .seconds(98)))
        #expect(schedule.next == start + .seconds(158))
        #expect(BookmarkSchedule(interval: nil, deadline: start, now: start).next == nil)
        // A watch that is shorter than two seconds has none.
        let short = BookmarkSchedule(interval: .seconds(60), deadline: start + .seconds(1), now: start)
        #expect(short.next == start + .seconds(60))
    }

    @Test func bookmarksKeepAQuietWatchFresh() async throws {
        let api = try TestHandler(bookmarkInterval: .milliseconds(5))
        try await watch(api, "allowWatchBookmarks=true&resourceVersion=\(api.cluster.api.store.revision)") { reader in
            try api.cluster.make(.configMap, "other-kind")
            let revision = String(api.cluster.api.store.revision)
            // Some bookmark, sooner or later, carries the revision that another kind has brought.
            var count = 1
            while true {
                let events = await reader.events(count)
                #expect(events.allSatisfy { $0["type"] == "BOOKMARK" })
                if events.last?.at("object", "metadata", "resourceVersion")?.stringValue == revision { break }
                count = events.count + 1
            }
        }
    }

    @Test func theTimeOfAWatchEnds() async throws {
        let api = try TestHandler()
        let response = await api.handler.handle(
            try api.request(.get, "/api/v1/secrets?watch=true&timeoutSeconds=3&allowWatchBookmarks=true"))
        guard case .stream(let write) = response.body else {
            Issue.record("not a stream")
            return
        }
        let reader = WatchReader()
        try await write(reader)
        #expect(reader.all.last?["type"] == "BOOKMARK")
    }

    @Test func tableRowsNameTheirColumnsOnce() async throws {
        let api = try TestHandler()
        try api.cluster.make(.secret, "a")
        let accept = [("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")]
        try await watch(api, "", headers: accept) { reader in
            _ = await reader.events(1)
            try api.cluster.make(.secret, "b")
            let events = await reader.events(2)
            #expect(events[0].at("object", "columnDefinitions")?.arrayValue?.isEmpty == false)
            #expect(events[1].at("object", "columnDefinitions")?.isNull == true)
            #expect(events[1].at("object", "rows")?[0]?["cells"]?[0] == "b")
        }
    }
}
