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

@Suite(.timeLimit(.minutes(1))) struct InformerTests {
    /// Answers lists and watches from two scripts; the last answer of each is repeated.
    private func script(lists: [ServerResponse], watches: [ServerResponse]) -> ScriptedServer.Handler {
        let positions = Mutex((list: 0, watch: 0))
        return { request in
            positions.withLock { positions in
                if request.query["watch"] == "true" {
                    defer { positions.watch += 1 }
                    return watches[min(positions.watch, watches.count - 1)]
                }
                defer { positions.list += 1 }
                return lists[min(positions.list, lists.count - 1)]
            }
        }
    }

    /// Without streams, which have tests of their own.
    private var pages: ReflectorTiming {
        var timing = ReflectorTiming()
        timing.streamsLists = false
        return timing
    }

    private func informer(
        _ server: ScriptedServer, time: TimeSource, metrics: MetricsRegistry = MetricsRegistry()
    ) -> Informer<ConfigMap> {
        Informer(
            resource: server.client().resource(ConfigMap.self), scopes: [CacheScope()],
            transform: { $0.metadata.annotations = ["seen": "yes"] }, metrics: metrics, time: time, timing: pages)
    }

    private func events(_ informer: Informer<ConfigMap>) -> Collector<String> {
        let collector = Collector<String>()
        informer.addHandler { delivery in
            let marks = (delivery.isInInitialList ? "*" : "") + (delivery.isFinalStateUnknown ? "?" : "")
            switch delivery.event {
            case .added(let new): collector.append("added \(new.metadata.name)\(marks)")
            case .updated(_, let new): collector.append("updated \(new.metadata.name)\(marks)")
            case .deleted(let old): collector.append("deleted \(old.metadata.name)\(marks)")
            }
        }
        return collector
    }

    @Test func `lists, then follows`() async throws {
        let handler = script(
            lists: [.json(listValue([configMapValue("a", version: 1)], version: 10))],
            watches: [
                .endlessWatch(
                    eventValue("ADDED", configMapValue("b", version: 11)),
                    eventValue("MODIFIED", configMapValue("a", version: 12)),
                    eventValue("DELETED", configMapValue("b", version: 13)),
                    eventValue("BOOKMARK", ["metadata": ["resourceVersion": "20"]]))
            ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: .system)
            let seen = events(informer)
            #expect(!informer.hasSynced())
            #expect(informer.problem != nil)
            let running = Task { try await informer.run() }
            try await informer.waitUntilSynced()
            #expect(await seen.wait(count: 4) == ["added a*", "added b", "updated a", "deleted b"])
            #expect(await eventually { informer.store.resourceVersion == "20" })
            #expect(informer.store.list().map(\.metadata.name) == ["a"])
            #expect(informer.store.get(ObjectKey("default/a"))?.metadata.annotations == ["seen": "yes"])
            #expect(informer.problem == nil)

            let late = events(informer)
            #expect(await late.wait(count: 1) == ["added a*"])

            running.cancel()
            try await running.value
            #expect(server.requests.count == 2)
            #expect(server.requests[1].query["resourceVersion"] == "10")
        }
    }

    /// The ways in which servers say that a version is too old, the silent one among them.
    @Test(arguments: ["in the stream", "by status", "by silence"])
    func `an expired version makes one list, and what went meanwhile is noticed`(shape: String) async throws {
        let expired: ServerResponse =
            switch shape {
            case "in the stream": .watch(eventValue("ERROR", statusValue(410, "Expired")))
            case "by status": .failure(410, "Gone")
            default: .watch()
            }
        let handler = script(
            lists: [
                .json(listValue([configMapValue("a", version: 1), configMapValue("b", version: 2)], version: 10)),
                .json(listValue([configMapValue("b", version: 2), configMapValue("c", version: 30)], version: 40)),
            ],
            watches: [expired, .endlessWatch(eventValue("ADDED", configMapValue("d", version: 41)))])
        let time = InstantTime()
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: time.source)
            let seen = events(informer)
            let running = Task { try await informer.run() }
            await seen.wait { $0.contains("added d") }
            #expect(seen.values.dropFirst(2).sorted() == ["added c", "added d", "deleted a?"])
            #expect(server.requests.count == 4)
            #expect(server.requests[3].query["resourceVersion"] == "40")
            #expect(time.sleeps.count == 1 && time.sleeps.allSatisfy { $0 >= .milliseconds(800) })
            running.cancel()
            try await running.value
        }
    }

    @Test func `a broken connection is resumed from the last message, without a list`() async throws {
        struct Cut: Error {}
        let event = eventValue("ADDED", configMapValue("b", version: 15)).encoded() + [10]
        let cut = ServerResponse.stream(contentType: "application/json") { writer in
            try await writer.write(event + event.prefix(9))
            throw Cut()
        }
        let handler = script(
            lists: [.json(listValue([], version: 10))],
            watches: [cut, .failure(503, ""), .endlessWatch(eventValue("ADDED", configMapValue("c", version: 16)))])
        let time = InstantTime()
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: time.source)
            let seen = events(informer)
            let running = Task { try await informer.run() }
            #expect(await seen.wait(count: 2) == ["added b", "added c"])
            #expect(server.requests.compactMap { $0.query["resourceVersion"] } == ["10", "15", "15"])
            running.cancel()
            try await running.value
        }
    }

    /// A server that was restored from an older backup, or that lags behind.
    @Test func `a version ahead of the server makes a list`() async throws {
        var ahead = statusValue(504, "Timeout", "Too large resource version: 10, current: 3")
        ahead["details"] = ["causes": [["reason": "ResourceVersionTooLarge", "message": "m"]], "retryAfterSeconds": 1]
        let handler = script(
            lists: [
                .json(listValue([configMapValue("a", version: 9)], version: 10)),
                .json(listValue([configMapValue("b", version: 2)], version: 3)),
            ], watches: [.watch(eventValue("ERROR", ahead)), .endlessWatch()])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: InstantTime().source)
            let seen = events(informer)
            let running = Task { try await informer.run() }
            await seen.wait(count: 3)
            #expect(Set(seen.values) == ["added a*", "deleted a?", "added b"])
            running.cancel()
            try await running.value
        }
    }

    @Test func `an error of the server in the stream is no reason to list`() async throws {
        let handler = script(
            lists: [.json(listValue([], version: 10))],
            watches: [
                .watch(
                    eventValue("ADDED", configMapValue("a", version: 11)),
                    eventValue("ERROR", statusValue(500, "InternalError"))),
                .endlessWatch(eventValue("ADDED", configMapValue("b", version: 12))),
            ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: InstantTime().source)
            let seen = events(informer)
            let running = Task { try await informer.run() }
            #expect(await seen.wait(count: 2) == ["added a", "added b"])
            #expect(server.requests.compactMap { $0.query["resourceVersion"] } == ["10", "11"])
            running.cancel()
            try await running.value
        }
    }

    @Test func `a silent peer is left, and the watch goes on elsewhere from the same version`() async throws {
        let handler = script(
            lists: [.json(listValue([], version: 10))],
            watches: [
                .endlessWatch(eventValue("BOOKMARK", ["metadata": ["resourceVersion": "15"]])),
                .endlessWatch(eventValue("ADDED", configMapValue("b", version: 16))),
            ])
        try await ScriptedServer.run(handler) { server in
            var timing = pages
            timing.idle = .seconds(3)
            let informer = Informer(
                resource: server.client().resource(ConfigMap.self), scopes: [CacheScope()],
                time: InstantTime().source, timing: timing)
            let seen = events(informer)
            let running = Task { try await informer.run() }
            #expect(await seen.wait(count: 1) == ["added b"])
            #expect(server.requests.compactMap { $0.query["resourceVersion"] }.prefix(2) == ["10", "15"])
            running.cancel()
            try await running.value
        }
    }

    @Test func `a server that is not ready is waited for, and the reason is shown`() async throws {
        let handler = script(
            lists: [
                .failure(429, "TooManyRequests", "storage is (re)initializing", headers: ["Retry-After": "5"]),
                .failure(404, "NotFound", "no such type"), .json(listValue([], version: 1)),
            ], watches: [.endlessWatch()])
        let time = ManualTime()
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: time.source)
            let running = Task { try await informer.run() }
            await time.waitForSleepers(1)
            #expect(informer.problem?.contains("initializing") == true)
            #expect(time.dueTimes[0] >= .seconds(5))
            time.advance(by: .seconds(10))
            await time.waitForSleepers(1)
            #expect(informer.problem?.contains("no such type") == true)
            #expect(!informer.hasSynced())
            time.advance(by: .seconds(10))
            try await informer.waitUntilSynced()
            running.cancel()
            try await running.value
        }
    }

    @Test func `poison is reported by name, and nothing else stops for it`() async throws {
        func poison(_ version: Int) -> JSONValue {
            var value = configMapValue("bad", version: version)
            value["data"] = 5
            return value
        }
        let metrics = MetricsRegistry()
        let handler = script(
            lists: [.json(listValue([configMapValue("a", version: 1), poison(2)], version: 10))],
            watches: [
                .endlessWatch(
                    eventValue("MODIFIED", poison(11)), eventValue("MODIFIED", configMapValue("a", version: 12)),
                    eventValue("MODIFIED", configMapValue("bad", version: 13)), eventValue("MODIFIED", poison(14)),
                    eventValue("DELETED", poison(15)), eventValue("ADDED", configMapValue("z", version: 16)))
            ])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: .system, metrics: metrics)
            let seen = events(informer)
            let running = Task { try await informer.run() }
            await seen.wait { $0.last == "added z" }
            #expect(seen.values == ["added a*", "updated a", "added bad", "deleted bad?", "added z"])
            #expect(informer.poison.isEmpty)
            #expect(metrics.render().contains(#"codexk8s_undecodable_objects_total{resource="configmaps"} 3"#))
            #expect(server.requests.count == 2)
            running.cancel()
            try await running.value
        }
    }

    @Test func `a controller starts when its caches are filled, with what was there last`() async throws {
        let handler = script(
            lists: [.json(listValue([configMapValue("a", version: 1), configMapValue("b", version: 2)], version: 10))],
            watches: [.endlessWatch(eventValue("ADDED", configMapValue("c", version: 11)))])
        try await ScriptedServer.run(handler) { server in
            let informer = informer(server, time: .system)
            let reconciled = Collector<ObjectKey>()
            let controller = Controller(
                name: "c",
                reconciler: ClosureReconciler { key in
                    #expect(informer.hasSynced())
                    reconciled.append(key)
                    return .done
                })
            controller.watches(informer)
            let manager = Manager()
            manager.add(informer)
            manager.add(controller)
            #expect(!manager.isReady && manager.unready.count == 1)
            let running = Task { try await manager.run() }
            await reconciled.wait(count: 3)
            #expect(Set(reconciled.values.map(\.name)) == ["a", "b", "c"])
            #expect(manager.isReady)
            #expect(!manager.isStuck)
            running.cancel()
            try await running.value
            #expect(!manager.isReady)
        }
    }
}
