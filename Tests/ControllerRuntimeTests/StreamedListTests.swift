// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

/// Lists as streams and by pages, on the wire, with every request counted.
@Suite(.timeLimit(.minutes(1))) struct StreamedListTests {
    /// Answers by kind of request from three scripts; the last answer of each is repeated.
    private func script(
        streams: [ServerResponse] = [], lists: [ServerResponse] = [], watches: [ServerResponse] = [.endlessWatch()]
    ) -> ScriptedServer.Handler {
        let counts = Mutex<[String: Int]>([:])
        return { request in
            let (kind, answers) =
                request.query["sendInitialEvents"] == "true"
                ? ("stream", streams) : request.query["watch"] == "true" ? ("watch", watches) : ("list", lists)
            let position = counts.withLock { counts in
                counts[kind, default: 0] += 1
                return counts[kind, default: 1] - 1
            }
            return answers.isEmpty ? .failure(500, "NotScripted") : answers[min(position, answers.count - 1)]
        }
    }

    private func kinds(_ server: ScriptedServer) -> [String] {
        server.requests.map { request in
            if request.query["sendInitialEvents"] == "true" { return "stream" }
            if request.query["watch"] == "true" { return "watch \(request.query["resourceVersion"] ?? "")" }
            return "list" + (request.query["continue"].map { " \($0)" } ?? "")
        }
    }

    private func informer(
        _ server: ScriptedServer, time: TimeSource = .system, timing: ReflectorTiming = ReflectorTiming(),
        scopes: [CacheScope] = [CacheScope()], metrics: MetricsRegistry = MetricsRegistry()
    ) -> Informer<ConfigMap> {
        Informer(
            resource: server.client().resource(ConfigMap.self), scopes: scopes, metrics: metrics, time: time,
            timing: timing)
    }

    /// Times without waits to speak of.
    private var quick: ReflectorTiming {
        var timing = ReflectorTiming()
        timing.initialBackoff = .milliseconds(5)
        timing.maximumBackoff = .milliseconds(10)
        return timing
    }

    private func running(
        _ informer: Informer<ConfigMap>, _ body: () async throws -> Void
    ) async throws {
        let task = Task { try await informer.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            throw error
        }
        task.cancel()
        try await task.value
    }

    private func mark(_ version: Int) -> JSONValue {
        eventValue(
            "BOOKMARK",
            [
                "kind": "ConfigMap",
                "metadata": [
                    "resourceVersion": .string(String(version)), "annotations": ["k8s.io/initial-events-end": "true"],
                ],
            ])
    }

    private func names(_ informer: Informer<ConfigMap>) -> [String] {
        informer.store.list().map(\.metadata.name).sorted()
    }

    private func until(_ condition: @Sendable () -> Bool) async {
        #expect(await eventually { condition() })
    }

    // MARK: Streams

    @Test func `one request lists and watches`() async throws {
        let handler = script(streams: [
            .endlessWatch(
                eventValue("ADDED", configMapValue("a", version: 7)), eventValue("ADDED", configMapValue("b", version: 3)),
                eventValue("ADDED", configMapValue("c", version: 4)),
                eventValue("MODIFIED", configMapValue("c", version: 11)),
                eventValue("DELETED", configMapValue("b", version: 12)), mark(12),
                eventValue("ADDED", configMapValue("d", version: 13)))
        ])
        try await ScriptedServer.run(handler) { server in
            let metrics = MetricsRegistry()
            let informer = informer(server, metrics: metrics)
            let seen = Collector<String>()
            informer.addHandler { delivery in
                seen.append(delivery.event.object.metadata.name + (delivery.isInInitialList ? "*" : ""))
            }
            try await running(informer) {
                await seen.wait(count: 3)
                #expect(seen.values.sorted() == ["a*", "c*", "d"] && seen.values.last == "d")
                #expect(names(informer) == ["a", "c", "d"])
                #expect(informer.store.get(ObjectKey("default/c"))?.metadata.resourceVersion == "11")
                #expect(informer.store.resourceVersion == "13")
                #expect(informer.hasSynced() && informer.problem == nil && informer.health.fallback == nil)
            }
            #expect(kinds(server) == ["stream"])
            let query = server.requests[0].query
            #expect(query["watch"] == "true" && query["resourceVersionMatch"] == "NotOlderThan")
            #expect(query["resourceVersion"] == nil && query["allowWatchBookmarks"] == "true")
            let text = metrics.render()
            #expect(text.contains(#"reflector_lists_total{name="configmaps"} 1"#))
            #expect(text.contains(#"reflector_watches_total{name="configmaps"} 1"#))
            #expect(text.contains(#"informer_store_resource_version{"#) && text.contains(#"resource="configmaps"#))
        }
    }

    @Test func `nothing of a stream is seen before its end is marked`() async throws {
        let handler = script(streams: [.endlessWatch(eventValue("ADDED", configMapValue("a", version: 7)))])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server)
            try await running(informer) {
                await until { informer.health.silentFor != nil }
                #expect(informer.store.count == 0 && !informer.hasSynced())
                #expect(informer.problem != nil)
            }
        }
    }

    @Test(arguments: [(400, "BadRequest"), (422, "Invalid"), (406, "NotAcceptable"), (405, "MethodNotAllowed")])
    func `a server that refuses streams is asked for pages at once and ever after`(
        code: Int, reason: String
    ) async throws {
        let handler = script(
            streams: [.failure(code, reason)],
            lists: [
                .json(listValue([configMapValue("a", version: 1)], version: 10)),
                .json(listValue([configMapValue("b", version: 20)], version: 21)),
            ], watches: [.failure(410, "Gone"), .endlessWatch()])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            try await running(informer) {
                await until { names(informer) == ["b"] && server.requests.count == 5 }
                #expect(informer.health.fallback == "the server refuses to stream lists")
            }
            #expect(kinds(server) == ["stream", "list", "watch 10", "list", "watch 21"])
        }
    }

    @Test func `a server that never marks the end is left after three tries`() async throws {
        let handler = script(
            streams: [
                .watch(
                    eventValue("ADDED", configMapValue("a", version: 7)),
                    eventValue("BOOKMARK", ["metadata": ["resourceVersion": "9"]]))
            ], lists: [.json(listValue([configMapValue("a", version: 7)], version: 10))])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            try await running(informer) {
                try await informer.waitUntilSynced()
                #expect(informer.health.fallback == "3 streamed lists ended without the mark that they were complete")
                await until { server.requests.count == 5 }
            }
            #expect(kinds(server) == ["stream", "stream", "stream", "list", "watch 10"])
        }
    }

    @Test func `a stream that is not complete in time is left, and the reason is shown`() async throws {
        let scripted = script(
            streams: [.endlessWatch(eventValue("ADDED", configMapValue("a", version: 7)))],
            lists: [.failure(503, "ServiceUnavailable"), .json(listValue([], version: 10))])
        try await ScriptedServer.run(scripted) { server in
            let time = ManualTime()
            let informer = informer(server, time: time.source)
            try await running(informer) {
                // The deadline of the stream is the only thing that waits.
                await time.waitForSleepers(1)
                await until { informer.health.silentFor != nil }
                #expect(time.dueTimes == [.seconds(60)])
                time.advance(by: .seconds(60))
                // The first page fails, so that the state in between can be looked at.
                await time.waitForSleepers(1)
                #expect(informer.health.fallback == "a streamed list was not complete in time")
                #expect(informer.problem != nil && !informer.hasSynced())
                time.advance(by: .seconds(10))
                try await informer.waitUntilSynced()
            }
            #expect(kinds(server).prefix(3) == ["stream", "list", "list"])
        }
    }

    @Test func `an error inside a stream is a try, and the next one may succeed`() async throws {
        let handler = script(streams: [
            .watch(
                eventValue("ADDED", configMapValue("gone", version: 2)),
                eventValue("ERROR", statusValue(500, "InternalError"))),
            .endlessWatch(eventValue("ADDED", configMapValue("a", version: 7)), mark(9)),
        ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            try await running(informer) {
                try await informer.waitUntilSynced()
                #expect(names(informer) == ["a"])
            }
            #expect(kinds(server) == ["stream", "stream"])
        }
    }

    @Test func `poison in a stream is reported, and the list is complete without it`() async throws {
        var bad = configMapValue("bad", version: 5)
        bad["data"] = 5
        let handler = script(streams: [
            .endlessWatch(
                eventValue("ADDED", bad), eventValue("ADDED", configMapValue("a", version: 7)), mark(9),
                eventValue("DELETED", bad))
        ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server)
            try await running(informer) {
                try await informer.waitUntilSynced()
                #expect(names(informer) == ["a"])
                await until { informer.poison.isEmpty }
            }
            #expect(kinds(server) == ["stream"])
        }
    }

    @Test func `after a stream the watch resumes without a list`() async throws {
        let handler = script(
            streams: [.watch(eventValue("ADDED", configMapValue("a", version: 7)), mark(9))],
            watches: [.endlessWatch(eventValue("ADDED", configMapValue("b", version: 11)))])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            try await running(informer) { await until { names(informer) == ["a", "b"] } }
            #expect(kinds(server) == ["stream", "watch 9"])
        }
    }

    @Test func `what went while the server was away is told as unknown`() async throws {
        let handler = script(
            streams: [
                .watch(
                    eventValue("ADDED", configMapValue("a", version: 7)),
                    eventValue("ADDED", configMapValue("b", version: 8)), mark(9)),
                .endlessWatch(eventValue("ADDED", configMapValue("b", version: 8)), mark(30)),
            ], watches: [.watch(eventValue("ERROR", statusValue(410, "Expired")))])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            let seen = Collector<String>()
            informer.addHandler { delivery in
                if case .deleted(let old) = delivery.event {
                    seen.append(old.metadata.name + (delivery.isFinalStateUnknown ? "?" : ""))
                }
            }
            try await running(informer) {
                #expect(await seen.wait(count: 1) == ["a?"])
                #expect(informer.store.resourceVersion == "30")
            }
            #expect(kinds(server) == ["stream", "watch 9", "stream"])
        }
    }

    // MARK: Pages

    @Test func `pages are read one after another, and the watch begins at their version`() async throws {
        let handler = script(
            streams: [.failure(422, "Invalid")],
            lists: [
                .json(listValue([configMapValue("a", version: 1)], version: 10, continue: "t1")),
                .json(listValue([configMapValue("b", version: 2)], version: 10, continue: "t2")),
                .failure(503, "ServiceUnavailable"), .json(listValue([configMapValue("c", version: 3)], version: 10)),
            ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            try await running(informer) {
                try await informer.waitUntilSynced()
                #expect(names(informer) == ["a", "b", "c"])
                await until { server.requests.count == 6 }
            }
            // A page that failed is asked for again; the ones before it stay good.
            #expect(kinds(server) == ["stream", "list", "list t1", "list t2", "list t2", "watch 10"])
            #expect(server.requests[1].query["limit"] == "500" && server.requests[1].query["resourceVersion"] == nil)
        }
    }

    @Test func `a continuation that expired begins the list anew, at last without pages`() async throws {
        let page = ServerResponse.json(listValue([configMapValue("old", version: 1)], version: 10, continue: "t"))
        let expired = ServerResponse.failure(410, "Expired")
        let handler = script(
            streams: [.failure(422, "Invalid")],
            lists: [
                page, expired, page, expired, page, expired,
                .json(listValue([configMapValue("a", version: 11)], version: 12)),
            ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, timing: quick)
            try await running(informer) {
                try await informer.waitUntilSynced()
                #expect(names(informer) == ["a"])
            }
            let lists = server.requests.filter { $0.query["watch"] == nil }
            #expect(lists.map { $0.query["limit"] } == ["500", "500", "500", "500", "500", "500", nil])
        }
    }

    // MARK: Scopes

    @Test func `several namespaces with selectors of their own fill one store`() async throws {
        let handler: ScriptedServer.Handler = { request in
            let namespace = request.path.contains("/namespaces/one/") ? "one" : "two"
            var object = configMapValue("in-\(namespace)", version: 5)
            object["metadata"]?["namespace"] = .string(namespace)
            return .endlessWatch(
                eventValue("ADDED", object),
                eventValue(
                    "BOOKMARK",
                    [
                        "metadata": [
                            "resourceVersion": namespace == "one" ? "10" : "20",
                            "annotations": ["k8s.io/initial-events-end": "true"],
                        ]
                    ]))
        }
        try await ScriptedServer.run(handler) { server in
            let informer = informer(
                server,
                scopes: [
                    CacheScope(namespace: "one", labelSelector: LabelSelector(matchLabels: ["a": "b"])),
                    CacheScope(namespace: "two", fieldSelector: .name("in-two")),
                ])
            #expect(informer.name == "configmaps in one, two")
            try await running(informer) {
                try await informer.waitUntilSynced()
                #expect(names(informer) == ["in-one", "in-two"])
                #expect(informer.store.resourceVersion == "10")
                #expect(informer.store.progress(namespace: "two")?.resourceVersion?.text == "20")
                #expect(informer.store.progress(namespace: "three") == nil)
            }
            let selectors = server.requests.map { ($0.path, $0.query["labelSelector"], $0.query["fieldSelector"]) }
            #expect(selectors.contains { $0.0 == "/api/v1/namespaces/one/configmaps" && $0.1 == "a=b" && $0.2 == nil })
            #expect(
                selectors.contains {
                    $0.0 == "/api/v1/namespaces/two/configmaps" && $0.1 == nil && $0.2 == "metadata.name=in-two"
                })
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a cache of metadata asks for nothing else`() async throws {
        let handler = script(streams: [.failure(422, "Invalid")], lists: [.json(listValue([
            ["metadata": ["name": "a", "namespace": "default", "resourceVersion": "1", "labels": ["l": "v"]]]
        ], version: 10))])
        try await ScriptedServer.run(handler) { server in
            let informer = Informer(resource: server.client().metadata(of: .configMap))
            let task = Task { try await informer.run() }
            try await informer.waitUntilSynced()
            #expect(informer.store.get(ObjectKey("default/a"))?.metadata.labels == ["l": "v"])
            await until { server.requests.count == 3 }
            task.cancel()
            try await task.value
            #expect(
                server.requests.map { $0.headers["Accept"] } == [
                    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
                    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
                    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
                ])
        }
    }

    @Test func `managed fields are asked to be left out`() async throws {
        let handler = script(streams: [.endlessWatch(mark(1))])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server)
            try await running(informer) { try await informer.waitUntilSynced() }
            #expect(
                server.requests[0].headers["Accept"]
                    == "application/json;drop=metadata.managedFields,application/json")
        }
    }

    // MARK: Declared informers only

    @Test func `reading starts no watch`() async throws {
        let handler: ScriptedServer.Handler = { _ in .json(configMapValue("a", version: 1)) }
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server)
            #expect(informer.store.get(ObjectKey("default/a")) == nil)
            #expect(informer.store.list().isEmpty)
            #expect(server.requests.isEmpty)
            _ = try await server.client().resource(ConfigMap.self, namespace: "default").get("a")
            #expect(server.requestLines == ["GET /api/v1/namespaces/default/configmaps/a"])
        }
    }

    @Test func `a slow handler holds up neither the watch nor other handlers`() async throws {
        let handler = script(streams: [
            .endlessWatch(
                eventValue("ADDED", configMapValue("a", version: 7)), mark(9),
                eventValue("ADDED", configMapValue("b", version: 10)),
                eventValue("ADDED", configMapValue("c", version: 11)))
        ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server)
            let isReleased = Flag()
            let (slow, quick) = (Collector<String>(), Collector<String>())
            informer.addHandler { delivery in
                // A handler that blocks its thread until the test has seen the others get on.
                while !isReleased.isSet {}
                slow.append(delivery.event.object.metadata.name)
            }
            informer.addHandler { quick.append($0.event.object.metadata.name) }
            try await running(informer) {
                #expect(await quick.wait(count: 3) == ["a", "b", "c"])
                #expect(names(informer) == ["a", "b", "c"])
                #expect(slow.values.isEmpty)
                isReleased.set()
                #expect(await slow.wait(count: 3) == ["a", "b", "c"])
            }
        }
    }
}
