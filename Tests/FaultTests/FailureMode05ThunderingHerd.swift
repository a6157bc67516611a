// SPDX-License-Identifier: MIT
import FaultProxy
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Many clients come back at once, to a server that is just starting.
    @Suite struct FailureMode05ThunderingHerd {
        static let size = 200

        /// Caches that the oracle can tell apart by their selectors.
        private func herd(_ cluster: FaultCluster) throws -> [Informer<ConfigMap>] {
            let client = try cluster.client("herd")
            return try (0..<Self.size).map { index in
                Informer(
                    resource: client.resource(ConfigMap.self, namespace: cluster.namespace),
                    labelSelector: try LabelSelector(parsing: "watcher!=w\(index)"))
            }
        }

        private func running(
            _ informers: [Informer<ConfigMap>], _ body: () async throws -> Void
        ) async throws {
            let task = Task {
                await withDiscardingTaskGroup { group in
                    for informer in informers { group.addTask { try? await informer.run() } }
                }
            }
            var failure: (any Error)?
            do {
                for informer in informers { try await informer.waitUntilSynced() }
                try await body()
            } catch {
                failure = error
            }
            task.cancel()
            await task.value
            if let failure { throw failure }
        }

        /// What each watcher asked for since a moment.
        private func byWatcher(_ requests: some Sequence<SeenRequest>) -> [String: [SeenRequest]] {
            Dictionary(grouping: requests) { $0.query("labelSelector") ?? "" }
        }

        private func everyone(
            _ informers: [Informer<ConfigMap>], in cluster: FaultCluster, has name: String
        ) async throws {
            try await cluster.eventually("everyone has \(name)", within: FaultSize.pick(.seconds(40), full: .seconds(120))) {
                informers.allSatisfy { $0.store.get(ObjectKey(namespace: cluster.namespace, name: name)) != nil }
            }
        }

        @Test func `after a reset of all connections nobody lists, and nobody hurries`() async throws {
            try await FaultCluster.run { cluster in
                let informers = try herd(cluster)
                try await running(informers) {
                    try await everyoneWatches(cluster)
                    let before = try cluster.requests(of: "herd").count
                    let cut = SeenRequest.now
                    await cluster.proxy.cut(.reset)
                    try await cluster.create("after")
                    try await everyone(informers, in: cluster, has: "after")

                    let after = try cluster.requests(of: "herd").dropFirst(before)
                    #expect(after.filter(\.isWhole).isEmpty, "resumed from where they were")
                    #expect(byWatcher(after).count == Self.size)
                    let times = after.map { $0.time - cut }
                    // Clocks of two processes are compared, so a little less than the 800 ms.
                    #expect((times.min() ?? 0) >= 0.75)
                    #expect((times.max() ?? 0) - (times.min() ?? 0) >= 0.5, "spread over \(times.max() ?? 0)")
                    #expect(after.count <= Self.size * 2)
                }
            }
        }

        @Test func `a server that was killed is met with at most one list a watcher, spread out`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                let informers = try herd(cluster)
                try await running(informers) {
                    try await everyoneWatches(cluster)
                    let before = try cluster.requests(of: "herd").count
                    await cluster.kill()
                    try await cluster.eventually("everyone noticed") { informers.allSatisfy { $0.problem != nil } }
                    // The longer it is away, the longer are the pauses of those who try.
                    let outage = FaultSize.pick(Duration.zero, full: .seconds(20))
                    try await Task.sleep(for: outage)
                    try await cluster.start()
                    try await cluster.create("after")
                    try await everyone(informers, in: cluster, has: "after")

                    let after = try cluster.requests(of: "herd").dropFirst(before)
                    for (watcher, requests) in byWatcher(after) {
                        #expect(requests.filter(\.isWhole).count <= 1, "\(watcher): \(requests.map(\.target))")
                        let resumes = requests.filter(\.isResume).map(\.time)
                        #expect(zip(resumes, resumes.dropFirst()).allSatisfy { $1 - $0 >= 0.75 }, "\(watcher)")
                    }
                    let first = byWatcher(after).values.compactMap { $0.map(\.time).min() }
                    let spread = (first.max() ?? 0) - (first.min() ?? 0)
                    #expect(spread >= FaultSize.pick(0.5, full: 5), "they come back within \(spread) s")
                    #expect(after.count <= Self.size * 4, "\(after.count) requests")
                }
            }
        }

        private func everyoneWatches(_ cluster: FaultCluster) async throws {
            try await cluster.eventually("everyone watches", within: .seconds(40)) {
                byWatcher(try cluster.requests(of: "herd").filter { $0.verb == "watch" }).count == Self.size
            }
        }

        @Test func `watches that began together do not end together`() {
            var ends = [Duration](repeating: .zero, count: Self.size)
            var machine = ReflectorMachine()
            machine.listed(resourceVersion: "1")
            for index in ends.indices {
                for _ in 0..<3 {
                    guard case .watch(_, let timeout) = machine.next(now: .zero, random: .random(in: 0...1)) else {
                        Issue.record("a cache that has listed watches")
                        return
                    }
                    ends[index] += timeout
                }
            }
            let (first, last) = (ends.min() ?? .zero, ends.max() ?? .zero)
            #expect(first >= .seconds(900) && last <= .seconds(1800))
            #expect(last - first > .seconds(300), "a fixed time would bring all of them back in step")
        }

        // A scripted server: the embedded one is never busy with starting.
        @Test func `a start against a server that is still starting waits for it`() async throws {
            let time = InstantTime()
            let source = time.source
            let asked = Collector<Duration>()
            try await ScriptedServer.run { request in
                let now = source.now()
                if now < .seconds(40) {
                    asked.append(now)
                    return .failure(
                        429, "TooManyRequests", "storage is (re)initializing", headers: ["Retry-After": "5"])
                }
                if request.query["sendInitialEvents"] == "true" { return .noStreamedLists }
                if request.query["watch"] == "true" { return .endlessWatch() }
                return .json(listValue([configMapValue("a", version: 1)], version: 10))
            } _: { server in
                let cache = FollowedCache(server.client(), namespace: "default", time: source)
                let manager = Manager()
                manager.add(cache.informer)
                manager.add(cache.controller)
                #expect(!manager.isReady)
                let running = Task { try await manager.run() }
                await asked.wait(count: 3)
                #expect(!manager.isReady)
                #expect(manager.unready.first?.contains("(re)initializing") == true, "\(manager.unready)")
                await cache.reconciled.wait(count: 1)
                #expect(manager.isReady)
                let pauses = zip(asked.values, asked.values.dropFirst()).map { $1 - $0 }.filter { $0 > .zero }
                #expect(pauses.allSatisfy { $0 >= .seconds(5) }, "the server's time is the least: \(pauses)")
                #expect(asked.values.count <= 16)
                running.cancel()
                try await running.value
            }
        }
    }
}

extension SeenRequest {
    /// The time as the oracle has it.
    static var now: Double { Double(Timestamp.now.microseconds) / 1_000_000 }
}
