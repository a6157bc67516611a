// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Memory that grows with what others store, or with how often something happens.
    @Suite struct FailureMode06MemoryBlowUp {
        // Measured in processes of their own: the tests of this one run side by side.
        @Test func `a cache needs memory for what it keeps, and a list little more than that`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                // Secrets of 8 KB of others in five namespaces.
                let count = FaultSize.pick(5000, full: 50_000)
                let filler = String(repeating: "MDEyMzQ1Njc4OWFi", count: 512)
                for part in 0..<5 {
                    let namespace = "\(cluster.namespace)-\(part)"
                    _ = try await cluster.admin.objects(.namespace).create(
                        DynamicObject(.namespace, name: namespace))
                    try await cluster.createAll(
                        (0..<count / 5).map { index in
                            var object = DynamicObject(.secret, name: "foreign-\(index)")
                            object["data"] = ["filler": .string(filler)]
                            return object
                        }, .secret, namespace: namespace)
                }
                var ours = DynamicObject(.secret, name: "ours")
                ours.content.setValue("ours", at: ["metadata", "labels", "of"])
                try await cluster.createAll([ours], .secret)

                let scoped = try await cluster.measureCache(["selector": "of=ours"])
                let slim = try await cluster.measureCache(["drop-data": "true"])
                let whole = try await cluster.measureCache([:])
                let megabyte = 1 << 20
                #expect(scoped.objects == 1 && slim.objects > count && whole.objects > count)
                #expect(scoped.peak - scoped.before <= 20 * megabyte, "\(scoped)")
                #expect(Double(slim.peak) <= Double(slim.steady) * 1.3, "the list beside the cache: \(slim)")
                #expect(whole.steady - whole.before >= count * 8000, "the measure sees what is stored: \(whole)")
                #expect(Double(whole.peak) <= Double(whole.steady) * 1.3, "the list beside the cache: \(whole)")
                if FaultSize.isFull {
                    print("F6 with \(count) secrets. Scoped: \(scoped). Without data: \(slim). Whole: \(whole).")
                }
            }
        }

        /// Takes a tenth of a second for each.
        private struct Slow: Reconciler {
            let store: Store<ConfigMap>
            let seen: Collector<(name: String, version: String)>

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                try await Task.sleep(for: .milliseconds(100))
                seen.append((key.name, store.get(key)?.metadata.resourceVersion ?? ""))
                return .done
            }
        }

        // A scripted server: it has nothing to do but to send.
        @Test func `a storm of events with a slow reconciler is remembered by keys`() async throws {
            let (keys, count) = (20, FaultSize.pick(20_000, full: 100_000))
            let watch = ServerResponse.stream(contentType: "application/json") { writer in
                for start in stride(from: 0, to: count, by: 100) {
                    let lines = (start..<start + 100).map { number in
                        eventValue(
                            number < keys ? "ADDED" : "MODIFIED",
                            configMapValue("a-\(number % keys)", version: 2 + number)
                        ).encoded() + [UInt8(ascii: "\n")]
                    }
                    try await writer.write(Array(lines.joined()))
                }
                try await Task.sleep(for: .seconds(3600))
            }
            let script = ScriptedCollection(lists: [.json(listValue([], version: 1))], watches: [watch])
            try await ScriptedServer.run(script.handler) { server in
                let metrics = MetricsRegistry()
                let informer = Informer(
                    server.client(), ConfigMap.self, namespace: "default", metrics: metrics)
                let seen = Collector<(name: String, version: String)>()
                let controller = Controller(
                    name: "slow", reconciler: Slow(store: informer.store, seen: seen), workers: 2, metrics: metrics)
                controller.watches(informer)
                let tasks = [Task { try await informer.run() }, Task { try await controller.run() }]
                let deepest = Task {
                    var deepest = 0
                    while !Task.isCancelled {
                        deepest = max(deepest, controller.queue.depth)
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                    return deepest
                }
                let start = ContinuousClock.now
                let last = Set((count - keys..<count).map { "\(2 + $0)" })
                await seen.wait { Set($0.suffix(keys * 2).map(\.version)).isSuperset(of: last) }
                let spent = ContinuousClock.now - start
                deepest.cancel()
                let depth = await deepest.value
                #expect((1...keys).contains(depth), "\(depth) keys in line")
                #expect(Double(seen.values.count) <= 2 * (spent / .milliseconds(100)) + 2)
                #expect(Set(informer.store.list().map(\.metadata.resourceVersion)) == last)
                #expect(script.askedPlainly == [.list, .watch], "nothing broke off")
                for task in tasks { task.cancel() }
                for task in tasks { _ = try? await task.value }
            }
        }

        @Test func `a queue's memory is bounded by keys, not by events`() {
            var machine = WorkQueueMachine<Int>()
            for event in 0..<100_000 { machine.add(event % 100, now: .milliseconds(event)) }
            #expect(machine.depth == 100 && machine.keyCount == 100)
            let footprint = machine.footprint
            for event in 0..<100_000 { machine.add(event % 100, after: .seconds(1), now: .seconds(200 + event)) }
            #expect(machine.footprint <= footprint + 100)
        }

        @Test func `reading an object does not begin to watch its type`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.create("a")
                let client = try cluster.client("reader")
                for _ in 0..<3 {
                    _ = try await client.resource(ConfigMap.self, namespace: cluster.namespace).get("a")
                }
                _ = try await client.resource(KubernetesSecret.self, namespace: cluster.namespace).find("none")
                #expect(try cluster.counts(of: "reader") == ["get": 4])
            }
        }
    }
}
