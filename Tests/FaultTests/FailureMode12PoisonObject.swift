// SPDX-License-Identifier: MIT
import FaultProxy
import HTTPServing
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// An object that the model cannot read, and messages that arrive in pieces.
    @Suite struct FailureMode12PoisonObject {
        @Test func `one unreadable object of a thousand is reported, and the rest go on`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.installWidgets()
                try await cluster.createAll(
                    (0..<1000).map { index in
                        var widget = DynamicObject(Widget.resourceType, name: "w-\(index)")
                        widget["spec"] = index == 500 ? ["size": "large"] : ["size": .integer(Int64(index))]
                        return widget
                    }, Widget.resourceType)
                let metrics = MetricsRegistry()
                let informer = Informer(
                    try cluster.client("informer"), Widget.self, namespace: cluster.namespace, metrics: metrics)
                let reconciled = Collector<String>()
                let controller = Controller(
                    name: "widgets", reconciler: NameRecorder(names: reconciled), workers: 8, metrics: metrics)
                controller.watches(informer)
                let tasks = [Task { try await informer.run() }, Task { try await controller.run() }]
                defer { for task in tasks { task.cancel() } }
                try await informer.waitUntilSynced()
                await reconciled.wait { Set($0).count == 999 }
                #expect(!reconciled.values.contains("w-500"))
                #expect(informer.store.count == 999)
                let poison = ObjectKey(namespace: cluster.namespace, name: "w-500")
                #expect(informer.poison[poison]?.problem.contains("size") == true, "\(informer.poison)")
                #expect(metrics.render().contains("undecodable"))

                // The same by a watch: one turns bad, one gets well, one goes.
                let widgets = cluster.admin.objects(Widget.resourceType, namespace: cluster.namespace)
                _ = try await widgets.patch("w-1", .merge(["spec": ["size": "huge"]]))
                try await cluster.eventually("w-1 is reported") { informer.poison.count == 2 }
                #expect(informer.store.get(ObjectKey(namespace: cluster.namespace, name: "w-1"))?.spec.size == 1)
                _ = try await widgets.patch("w-500", .merge(["spec": ["size": 500]]))
                try await widgets.delete("w-1")
                try await cluster.eventually("both are told") {
                    informer.poison.isEmpty && informer.store.get(poison) != nil && informer.store.count == 999
                }
                await reconciled.wait { $0.contains("w-500") }

                let requests = try cluster.requests(of: "informer")
                #expect(requests.filter(\.isWhole).count == 1, "\(requests.map(\.target))")
                #expect(requests.filter(\.isResume).count <= 1, "the watch never restarts")
                for task in tasks {
                    task.cancel()
                    _ = try? await task.value
                }
            }
        }

        private struct NameRecorder: Reconciler {
            let names: Collector<String>

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                names.append(key.name)
                return .done
            }
        }

        /// A collection with a history, on plain HTTP, so that the proxy decides what arrives together.
        private func history(_ events: [(version: Int, line: [UInt8])]) -> ScriptedServer.Handler {
            { request in
                if request.query["sendInitialEvents"] == "true" { return .noStreamedLists }
                guard request.query["watch"] == "true" else { return .json(listValue([], version: 1)) }
                let from = request.query["resourceVersion"].flatMap { Int($0) } ?? 0
                let rest = events.filter { $0.version > from }.flatMap(\.line)
                return .stream(contentType: "application/json") { writer in
                    // Together, so that one chunk holds the end of one event and the beginning of the next.
                    try await writer.write(rest)
                    try await Task.sleep(for: .seconds(3600))
                }
            }
        }

        struct Delivered: Sendable, CustomTestStringConvertible {
            var name: String
            var fault: Fault
            var size = 1_400_000
            var testDescription: String { name }
        }

        @Test(arguments: [
            Delivered(name: "byte by byte", fault: .chunked(1), size: 100_000),
            Delivered(name: "16 KiB", fault: .chunked(16 << 10)), Delivered(name: "64 KiB", fault: .chunked(64 << 10)),
            Delivered(name: "whole", fault: .none),
            Delivered(name: "cut in the first object", fault: .truncated(afterBytes: 30_000)),
            Delivered(name: "reset in the first object", fault: .truncated(afterBytes: 30_000, .reset)),
            Delivered(name: "cut after the first object", fault: .truncated(afterBytes: 1_401_000)),
        ])
        func `events in pieces arrive whole and once`(_ delivered: Delivered) async throws {
            // Characters of two, three and four bytes, so that every cut falls into one sooner or later.
            let text = String(repeating: "ä€😀x", count: delivered.size / 10)
            let events = [
                (2, eventValue("ADDED", configMapValue("large", version: 2, data: ["text": text]))),
                (3, eventValue("ADDED", configMapValue("small", version: 3, data: ["text": "ü"]))),
                (4, eventValue("MODIFIED", configMapValue("small", version: 4, data: ["text": "€"]))),
            ].map { ($0.0, $0.1.encoded() + [UInt8(ascii: "\n")]) }
            try await ScriptedServer.run(history(events)) { server in
                let port = try #require(server.url.split(separator: ":").last.flatMap { Int($0) })
                let proxy = try FaultProxy(target: port)
                let proxying = Task { try await proxy.run() }
                let http = HTTPClient()
                await proxy.set(Faults(toClient: delivered.fault), for: .new)
                let client = APIClient(
                    configuration: ClusterConfiguration(server: "http://127.0.0.1:\(proxy.port)"), http: http)
                let cache = FollowedCache(client, namespace: "default", timing: ReflectorTiming())
                try await cache.run {
                    if delivered.fault.cut != nil {
                        // The list goes over the same connection: the cut is counted from here on.
                        try await cache.informer.waitUntilSynced()
                        let isCut = await eventually {
                            if cache.deliveries.values.count == 3 { return true }
                            return await proxy.statistics().accepted >= 1 && cache.informer.problem != nil
                        }
                        #expect(isCut)
                        await proxy.heal()
                    }
                    let told = await cache.deliveries.wait(count: 3)
                    #expect(told.map(\.version) == ["2", "3", "4"])
                    let large = cache.informer.store.get(ObjectKey("default/large"))
                    #expect(large?.data["text"] == text)
                    #expect(cache.informer.store.get(ObjectKey("default/small"))?.data["text"] == "€")
                }
                #expect(cache.deliveries.values.count == 3)
                http.shutdown()
                proxying.cancel()
                try await proxying.value
            }
        }
    }
}
