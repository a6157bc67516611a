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
                    #expect(ContinuousClock.now - start < .seconds(20))
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
            try await FaultCluster.run(isExclusive: FaultSize.isFull) { cluster in
                // Two megabytes, or fifty.
                let count = FaultSize.pick(100, full: 2500)
                let filler = String(repeating: "x", count: 20_000)
                try await cluster.createAll(
                    (0..<count).map { index in
                        var object = DynamicObject(.configMap, name: "large-\(index)")
                        object["data"] = ["filler": .string(filler)]
                        return object
                    }, .configMap)
                var timing = ReflectorTiming()
                if !FaultSize.isFull { timing.streamLimit = .seconds(1) }
                let client = try cluster.client("informer", connectTimeout: .seconds(30))
                _ = try await client.version()
                await cluster.proxy.set(Faults(toClient: .throttled(bytesPerSecond: 1024)))
                let cache = FollowedCache(client, namespace: cluster.namespace, timing: timing)
                let writing = Task { try await write(aSecond: 100, to: count, cluster) }
                try await cache.run {
                    // At a kilobyte a second nothing comes to an end; pages take the place of the streams.
                    try await cluster.eventually("lists come by pages", within: .seconds(90)) {
                        try cluster.requests(of: "informer").contains { $0.verb == "list" }
                    }
                    try await Task.sleep(for: FaultSize.pick(.milliseconds(500), full: .seconds(150)))
                    let slow = try cluster.requests(of: "informer").filter { $0.verb != "get" }
                    #expect(slow.filter { $0.verb == "watch" }.count <= timing.streamAttempts, "\(slow.map(\.target))")
                    #expect(slow.count <= timing.streamAttempts + 4, "\(slow.map(\.target))")
                    if FaultSize.isFull {
                        let limits = slow.compactMap { $0.query("limit").flatMap { Int($0) } }
                        #expect(limits.count >= 3 && limits == limits.sorted(by: >), "pages get smaller: \(limits)")
                    }
                    // A line over which it takes seconds.
                    let speed = FaultSize.pick(1_000_000, full: 2_000_000)
                    await cluster.proxy.set(Faults(toClient: .throttled(bytesPerSecond: speed)))
                    try await cluster.eventually("it is synced", within: .seconds(180)) { cache.informer.hasSynced() }
                    writing.cancel()
                    let written = try await writing.value
                    #expect(written > FaultSize.pick(20, full: 1000), "it was written all the time: \(written)")
                    await cluster.proxy.heal()
                    try await cache.expectTruth(cluster, within: .seconds(60))
                    let requests = try cluster.requests(of: "informer")
                    #expect(requests.filter(\.isWhole).count <= slow.count + 3, "\(requests.map(\.target))")
                }
            }
        }

        /// Writes so often a second, to one object after another, until cancelled. Says how often it wrote.
        private func write(aSecond rate: Int, to count: Int, _ cluster: FaultCluster) async throws -> Int {
            let start = ContinuousClock.now
            var round = 0
            while !Task.isCancelled {
                try? await Task.sleep(until: start + .seconds(1) * round / rate)
                if Task.isCancelled { break }
                do {
                    try await cluster.update("large-\(round % count)", "\(round)")
                } catch {
                    // The last one may have been under way.
                    if Task.isCancelled { break }
                    throw error
                }
                round += 1
            }
            return round
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
