// SPDX-License-Identifier: MIT
import ControlPlane
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
    /// Decisions from a state that is older than what the same controller has seen or done.
    @Suite struct FailureMode04StaleReads {
        /// Makes a child for its key unless the cache has one.
        private struct ChildMaker: Reconciler {
            let children: Store<ConfigMap>
            let client: APIClient
            let namespace: String
            let gate: ConsistencyGate
            let reconciled: Collector<Int>

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                let existing = children.list().filter { $0.metadata.labels["parent"] == key.name }
                reconciled.append(existing.count)
                guard existing.isEmpty else { return .done }
                var child = ConfigMap(
                    metadata: ObjectMeta(name: "", namespace: namespace, labels: ["parent": key.name]))
                child.metadata.generateName = "child-"
                let made = try await client.resource(ConfigMap.self, namespace: namespace).create(child)
                gate.recordWrite(
                    for: key, of: .configMap, resourceVersion: made.metadata.resourceVersion, uid: "parent",
                    in: namespace)
                return .done
            }
        }

        private struct Parts {
            var cache: FollowedCache
            var controller: Controller
            var gate: ConsistencyGate
            var reconciled: Collector<Int>
            var key: ObjectKey
        }

        private func parts(_ cluster: FaultCluster) throws -> Parts {
            let cache = FollowedCache(
                try cluster.client("informer"), namespace: cluster.namespace, timing: ReflectorTiming())
            let gate = ConsistencyGate()
            gate.observe(cache.informer)
            let reconciled = Collector<Int>()
            let controller = Controller(
                name: "children",
                reconciler: ChildMaker(
                    children: cache.informer.store, client: try cluster.client("writer", isDirect: true),
                    namespace: cluster.namespace, gate: gate, reconciled: reconciled), workers: 4, gate: gate)
            controller.watches(cache.informer, mapping: .labels(name: "parent", namespace: "no-such-label"))
            return Parts(
                cache: cache, controller: controller, gate: gate, reconciled: reconciled,
                key: ObjectKey(namespace: cluster.namespace, name: "parent"))
        }

        private func children(_ cluster: FaultCluster) async throws -> [ConfigMap] {
            try await cluster.configMaps().values.filter { $0.metadata.labels["parent"] != nil }
        }

        @Test func `a child is made once, however far the cache is behind`() async throws {
            try await FaultCluster.run { cluster in
                let parts = try parts(cluster)
                try await parts.cache.run {
                    try await parts.cache.informer.waitUntilSynced()
                    let running = Task { try await parts.controller.run() }
                    await cluster.proxy.set(Faults(toClient: .delayed(FaultSize.pick(.seconds(1), full: .seconds(10)))))
                    for _ in 0..<100 {
                        parts.controller.enqueue(parts.key)
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    try await cluster.eventually("the cache has the child", within: .seconds(40)) {
                        parts.cache.versions.contains { $0.key.hasPrefix("child-") }
                    }
                    parts.controller.enqueue(parts.key)
                    await parts.reconciled.wait { $0.contains(1) }
                    #expect(try await children(cluster).count == 1)
                    #expect(try cluster.counts(of: "writer") == ["create": 1])
                    #expect(parts.gate.blocker(for: parts.key) == nil)
                    running.cancel()
                    try await running.value
                }
            }
        }

        @Test func `a write whose event never comes does not hold its key for ever`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                let parts = try parts(cluster)
                try await parts.cache.run {
                    try await parts.cache.informer.waitUntilSynced()
                    let running = Task { try await parts.controller.run() }
                    try await cluster.withoutClients {
                        parts.controller.enqueue(parts.key)
                        try await cluster.eventually("the child is made") { try await children(cluster).count == 1 }
                        try await cluster.eventually("the gate is closed") {
                            parts.gate.blocker(for: parts.key) != nil
                        }
                        for child in try await children(cluster) { try await cluster.delete(child.metadata.name) }
                        try await cluster.backend.forgetHistory()
                    }
                    parts.controller.enqueue(parts.key)
                    try await cluster.eventually("a new list opens the gate, and the child is made again") {
                        try await children(cluster).count == 1
                    }
                    try await cluster.eventually("the cache has it") {
                        parts.cache.versions.contains { $0.key.hasPrefix("child-") }
                    }
                    #expect(try await children(cluster).count == 1)
                    running.cancel()
                    try await running.value
                }
            }
        }

        @Test func `the answer to a write that comes after a newer event changes nothing`() async throws {
            try await FaultCluster.run { cluster in
                let parts = try parts(cluster)
                try await cluster.create("a")
                try await parts.cache.run {
                    let older = try await cluster.update("a", "older")
                    let newer = try await cluster.update("a", "newer")
                    try await parts.cache.expectTruth(cluster)
                    parts.gate.recordWrite(
                        for: parts.key, of: .configMap, resourceVersion: older.metadata.resourceVersion, uid: "parent")
                    #expect(parts.gate.blocker(for: parts.key) == nil)
                    #expect(parts.cache.versions["a"] == newer.metadata.resourceVersion)
                    #expect(parts.gate.count == 0)
                }
            }
        }

        @Test(
            .enabled(
                if: FaultCluster.asksRealCluster, "two API servers on one store: the embedded cluster is one process"))
        func `a restart onto a server that lags behind never goes back in time`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                let plane = try #require(cluster.backend as? RealBackend).plane
                let etcdPort = try #require(plane.etcd.url.split(separator: ":").last.flatMap { Int($0) })
                let link = try FaultProxy(target: etcdPort)
                let linking = Task { try await link.run() }
                let lagging = try await plane.addAPIServer(etcdURL: "http://127.0.0.1:\(link.port)")
                try await cluster.create("a")
                try await cluster.create("deleted")
                let first = FollowedCache(try cluster.client("first"), namespace: cluster.namespace)
                try await first.run { try await first.expectTruth(cluster) }

                // The second server hears nothing any more of what the first one stores.
                await link.set(.both(.blackHole))
                try await cluster.update("a", "newer")
                try await cluster.delete("deleted")
                await cluster.proxy.redirect(
                    to: try #require(lagging.url.split(separator: ":").last.flatMap { Int($0) }))
                let second = FollowedCache(try cluster.client("second"), namespace: cluster.namespace)
                try await second.run {
                    try await Task.sleep(for: .seconds(5))
                    let truth = try await cluster.configMaps()
                    let seen = second.versions
                    let isTruth = seen == Dictionary(
                        uniqueKeysWithValues: truth.map { ($0.key.name, $0.value.metadata.resourceVersion) })
                    #expect(!second.informer.hasSynced() || isTruth, "it acts on \(seen)")
                    #expect(second.reconciled.values.isEmpty || isTruth)
                    await link.heal()
                    try await second.expectTruth(cluster, within: .seconds(60))
                }
                linking.cancel()
                try await linking.value
            }
        }

        // A scripted server: what is asked for is what counts.
        @Test func `no list takes what a server happens to have at hand`() async throws {
            let script = ScriptedCollection(
                lists: [.json(listValue([configMapValue("a", version: 1)], version: 10))],
                watches: [.watch(eventValue("ERROR", statusValue(410, "Expired"))), .endlessWatch()])
            try await ScriptedServer.run(script.handler) { server in
                let cache = FollowedCache(server.client(), namespace: "default", time: InstantTime().source)
                try await cache.run {
                    #expect(await eventually { script.asked.filter { $0 == .watch }.count >= 2 })
                    #expect(!script.versions.contains("0"))
                    let asked = zip(script.asked, script.versions)
                    #expect(asked.allSatisfy { $0 == .watch || $1 == nil || $1 == "" }, "\(script.versions)")
                }
            }
        }
    }
}
