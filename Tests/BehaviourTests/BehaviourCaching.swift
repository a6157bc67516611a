// SPDX-License-Identifier: MIT
import ControllerRuntime
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

extension Behaviour {
    /// The runtime against a server that is not scripted.
    @Suite struct BehaviourCaching {
        private struct Counter: Reconciler {
            let keys: Collector<ObjectKey>

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                keys.append(key)
                return .done
            }
        }

        @Test func `a controller sees what is there and what happens`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let maps = cluster.admin.resource(ConfigMap.self, namespace: namespace)
            let selector = LabelSelector(matchLabels: ["watched": "yes"])
            func map(_ name: String) -> ConfigMap {
                ConfigMap(metadata: ObjectMeta(name: name, labels: ["watched": "yes"]))
            }
            for index in 0..<5 { _ = try await maps.create(map("before-\(index)")) }
            let informer = Informer(resource: maps, labelSelector: selector)
            let keys = Collector<ObjectKey>()
            let controller = Controller(name: "counter", reconciler: Counter(keys: keys), workers: 2)
            controller.watches(informer)
            let manager = Manager()
            manager.add(informer)
            manager.add(controller)
            let running = Task { try await manager.run() }
            await keys.wait { Set($0).count == 5 }
            _ = try await maps.create(map("after"))
            await keys.wait { $0.contains(ObjectKey(namespace: namespace, name: "after")) }
            try await maps.delete("before-0")
            await keys.wait { keys in keys.count { $0.name == "before-0" } == 2 }
            #expect(informer.store.count == 5)
            running.cancel()
            try await running.value
        }

        @Test func `events are written, and the same again counts up`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let map = try await cluster.admin.resource(ConfigMap.self, namespace: namespace).create(
                ConfigMap(metadata: ObjectMeta(name: "a")))
            let recorder = EventRecorder(client: cluster.admin, instance: "test")
            let running = Task { try await recorder.run() }
            for _ in 0..<3 {
                recorder.record(map, warning: true, reason: "Tried", action: "Try", message: "It did not work.")
            }
            // The second note says that it is a series, the end how long it became.
            running.cancel()
            try await running.value
            let written = try await cluster.admin.resource(Event.self, namespace: namespace).list().items.filter {
                $0.involvedObject.name == "a"
            }
            #expect(written.count == 1)
            let event = try #require(written.first)
            #expect(event.reason == "Tried" && event.type == "Warning" && event.message == "It did not work.")
            #expect(event.involvedObject.uid == map.metadata.uid)
            let whole = try await cluster.admin.objects(.event, namespace: namespace).get(event.metadata.name)
            #expect(whole.content.at("series", "count") == 3)
        }
    }
}
