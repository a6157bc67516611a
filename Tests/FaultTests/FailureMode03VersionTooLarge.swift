// SPDX-License-Identifier: MIT
import FaultProxy
import HTTPServing
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// The cache is ahead of the server, or never gets to the end of what the server sends first.
    @Suite struct FailureMode03VersionTooLarge {
        @Test func `a restored backup is followed after one silent watch`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                try await cluster.create("a")
                try await cluster.create("deleted-after-the-backup")
                try await cluster.backend.save()
                try await cluster.eventually("the store is back") { (try? await cluster.configMaps()) != nil }
                // Servers accept a watch from a version of the future and stay silent, for ever. Some wait three
                // seconds before they say so: the patience is longer than that.
                var timing = ReflectorTiming.quick
                timing.idle = .seconds(4)
                let cache = FollowedCache(
                    try cluster.client("informer"), namespace: cluster.namespace, timing: timing)
                try await cache.run {
                    try await cluster.create("b")
                    try await cluster.delete("deleted-after-the-backup")
                    // Far enough ahead that what a server writes at its start does not catch up.
                    for round in 0..<100 { try await cluster.update("a", "\(round)") }
                    try await cluster.eventually("it is synced") { cache.versions.count == 2 }
                    let before = try cluster.requests(of: "informer").count
                    try await cluster.withoutClients { try await cluster.backend.restore() }
                    let start = ContinuousClock.now
                    try await cluster.eventually("the cache equals the restored server") {
                        let truth = try await cluster.configMaps().mapValues(\.metadata.resourceVersion)
                        return cache.versions == Dictionary(uniqueKeysWithValues: truth.map { ($0.key.name, $0.value) })
                    }
                    // Two pauses and the idle time: less than nine seconds, on a machine with nothing else to do.
                    #expect(ContinuousClock.now - start < .seconds(15))
                    #expect(cache.versions.keys.sorted() == ["a", "deleted-after-the-backup"])
                    let after = try cluster.requests(of: "informer").dropFirst(before)
                    #expect(after.filter(\.isWhole).allSatisfy { ($0.query("resourceVersion") ?? "").isEmpty })
                    #expect(after.count <= 6, "\(after.map(\.target))")
                    try await cluster.update("a", "after")
                    try await cluster.eventually("it is followed from there") {
                        cache.informer.store.get(ObjectKey(namespace: cluster.namespace, name: "a"))?.data["value"]
                            == "after"
                    }
                }
            }
        }

        @Test func `a slow reader of a large collection that changes all the time gets to its end`() async throws {
            try await FaultCluster.run { cluster in
                let filler = String(repeating: "x", count: 20_000)
                try await cluster.createAll(
                    (0..<100).map { index in
                        var object = DynamicObject(.configMap, name: "large-\(index)")
                        object["data"] = ["filler": .string(filler)]
                        return object
                    }, .configMap)
                await cluster.proxy.set(Faults(toClient: .throttled(bytesPerSecond: 600_000)), for: .new)
                let cache = FollowedCache(try cluster.client("informer"), namespace: cluster.namespace)
                try await cache.run {
                    let start = ContinuousClock.now
                    var round = 0
                    while !cache.informer.hasSynced(), ContinuousClock.now - start < .seconds(40) {
                        try await cluster.update("large-\(round % 100)", "\(round)")
                        round += 1
                    }
                    #expect(cache.informer.hasSynced(), "not synced: \(cache.informer.problem ?? "")")
                    await cluster.proxy.heal()
                    try await cache.expectTruth(cluster)
                    let requests = try cluster.requests(of: "informer")
                    #expect(requests.filter(\.isWhole).count <= 4, "\(requests.map(\.target))")
                }
            }
        }

        // A scripted server: ours mark the end of what they send first.
        @Test func `a stream that never marks its end is given up for pages`() async throws {
            let script = ScriptedCollection(
                lists: [.json(listValue([configMapValue("a", version: 5)], version: 10))], watches: [.endlessWatch()],
                streamed: [.watch(eventValue("ADDED", configMapValue("a", version: 5)))])
            var timing = ReflectorTiming()
            timing.initialBackoff = .milliseconds(50)
            try await ScriptedServer.run(script.handler) { [timing] server in
                let cache = FollowedCache(server.client(), namespace: "default", timing: timing)
                try await cache.run {
                    let problems = Collector<String>()
                    let looking = Task {
                        while !Task.isCancelled {
                            if let problem = cache.informer.problem { problems.append(problem) }
                            try await Task.sleep(for: .milliseconds(5))
                        }
                    }
                    try await cache.informer.waitUntilSynced()
                    looking.cancel()
                    let streams = script.asked.filter { $0 == .streamedList }
                    #expect(streams.count == timing.streamAttempts)
                    #expect(script.limits == ["500"])
                    let reasons = Set(problems.values)
                    #expect(reasons.contains { $0.contains("without the mark") }, "not synced because: \(reasons)")
                    #expect(cache.deliveries.values.count <= 1, "nothing of an incomplete stream is told")
                }
            }
        }

        @Test func `the defaults`() {
            let timing = ReflectorTiming()
            #expect(timing.streamAttempts == 3 && timing.streamLimit == .seconds(60) && timing.pageSize == 500)
        }
    }
}
