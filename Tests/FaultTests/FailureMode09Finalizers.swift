// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Finalizers that are lost, brought back, or never taken off.
    @Suite struct FailureMode09Finalizers {
        @Test func `five controllers on one list of finalizers never touch each other's`() async throws {
            let rounds = FaultSize.pick(20, full: 1000)
            try await FaultCluster.run(isExclusive: FaultSize.isFull) { cluster in
                let foreign = "faults.codex-k8s.dev/foreign"
                let maps = cluster.admin.resource(ConfigMap.self, namespace: cluster.namespace)
                _ = try await maps.create(
                    ConfigMap(metadata: ObjectMeta(name: "a", namespace: cluster.namespace, finalizers: [foreign])))
                let cache = FollowedCache(try cluster.client("informer"), namespace: cluster.namespace)
                let lost = Mutex(0)
                cache.informer.addEventHandler { event in
                    let object = event.object
                    if object.metadata.name == "a", !object.metadata.finalizers.contains(foreign) {
                        lost.withLock { $0 += 1 }
                    }
                }
                try await cache.run {
                    try await cache.informer.waitUntilSynced()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<5 {
                            let own = "faults.codex-k8s.dev/own-\(number)"
                            group.addTask {
                                for _ in 0..<rounds {
                                    try await Self.change(maps, "a") { metadata in
                                        .addingFinalizer(
                                            own, to: (metadata.finalizers, metadata.resourceVersion))
                                    }
                                    let has = try await maps.get("a").metadata.finalizers
                                    #expect(has.contains(own), "it was just added and nobody else takes it off")
                                    try await Self.change(maps, "a") { metadata in
                                        .removingFinalizer(own, from: metadata.finalizers)
                                    }
                                    let left = try await maps.get("a").metadata.finalizers
                                    #expect(!left.contains(own), "it was just taken off and nobody else adds it")
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await cache.expectTruth(cluster)
                    #expect(try await maps.get("a").metadata.finalizers == [foreign])
                    #expect(lost.withLock { $0 } == 0)
                    _ = try await maps.patch("a", .merge(["metadata": ["finalizers": .null]]))
                }
            }
        }

        /// Tries a patch that is computed from what is there until it fits. Nil is: nothing to do.
        private static func change(
            _ maps: ResourceClient<ConfigMap>, _ name: String, _ patch: @Sendable (ObjectMeta) -> Patch?
        ) async throws {
            for _ in 0..<200 {
                guard let next = patch(try await maps.get(name).metadata) else { return }
                do throws(APIError) {
                    _ = try await maps.patch(name, next)
                    return
                } catch {
                    // 409 and 422: somebody else was quicker, and the test in the patch noticed.
                    guard error.reason == .conflict || error.reason == .invalid else {
                        Issue.record("\(error)")
                        return
                    }
                }
            }
            Issue.record("two hundred attempts were not enough")
        }

        /// Cleans up after a widget: removes its secret, writes a note, takes the finalizer off.
        private final class Cleaner: Reconciler {
            static let finalizer = "faults.codex-k8s.dev/cleanup"
            let client: APIClient
            let store: Store<Widget>
            let effects = Mutex(0)
            let failures: Mutex<Int>
            let stopsBeforeFinalizer: Bool

            init(client: APIClient, store: Store<Widget>, failures: Int = 0, stopsBeforeFinalizer: Bool = false) {
                self.client = client
                self.store = store
                self.failures = Mutex(failures)
                self.stopsBeforeFinalizer = stopsBeforeFinalizer
            }

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                guard let widget = store.get(key), widget.metadata.isBeingDeleted,
                    let patch = Patch.removingFinalizer(Self.finalizer, from: widget.metadata.finalizers)
                else { return .done }
                let fails = failures.withLock { failures in
                    defer { failures -= 1 }
                    return failures > 0
                }
                if fails { throw APIError(reason: .internalError, message: "the other side is not there") }
                effects.withLock { $0 += 1 }
                do throws(APIError) {
                    try await client.delete(.secret, ObjectKey(namespace: key.namespace, name: key.name))
                } catch {
                    // Gone already is as good.
                    guard error.reason == .notFound else { return .requeueAfter(.milliseconds(100)) }
                }
                do throws(APIError) {
                    _ = try await client.resource(ConfigMap.self, namespace: key.namespace).create(
                        ConfigMap(metadata: ObjectMeta(name: "note-\(key.name)", namespace: key.namespace)))
                } catch {
                    // A namespace on its way out takes no notes, and a note that is there is written.
                    guard error.isNamespaceTerminating || error.reason == .alreadyExists else {
                        return .requeueAfter(.milliseconds(100))
                    }
                }
                if stopsBeforeFinalizer { return .done }
                do throws(APIError) {
                    _ = try await client.resource(Widget.self, namespace: key.namespace).patch(key.name, patch)
                } catch {
                    guard error.reason == .notFound else { return .requeueAfter(.milliseconds(100)) }
                }
                return .done
            }
        }

        private func withCleaner(
            _ cluster: FaultCluster, failures: Int = 0, stopsBeforeFinalizer: Bool = false,
            _ body: (Cleaner) async throws -> Void
        ) async throws {
            let client = try cluster.client("cleaner")
            let informer = Informer(client, Widget.self, namespace: cluster.namespace)
            let cleaner = Cleaner(
                client: client, store: informer.store, failures: failures, stopsBeforeFinalizer: stopsBeforeFinalizer)
            let controller = Controller(name: "cleaner", reconciler: cleaner, workers: 2)
            controller.watches(informer)
            let tasks = [Task { try await informer.run() }, Task { try await controller.run() }]
            var failure: (any Error)?
            do {
                try await informer.waitUntilSynced()
                try await body(cleaner)
            } catch {
                failure = error
            }
            for task in tasks { task.cancel() }
            for task in tasks { _ = try? await task.value }
            if let failure { throw failure }
        }

        @Test(
            .enabled(
                if: FaultCluster.hasControllers, "without kube-controller-manager nobody empties namespaces"))
        func `a namespace goes with everything in it, cleanup included`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.installWidgets()
                let namespace = cluster.namespace
                _ = try await cluster.admin.objects(.secret, namespace: namespace).create(
                    DynamicObject(.secret, name: "w"))
                _ = try await cluster.makeAccount("w", rules: [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]])
                try await cluster.create("w")
                _ = try await cluster.admin.resource(Widget.self, namespace: namespace).create(
                    Widget("w", namespace: namespace, finalizers: [Cleaner.finalizer]))
                // Errors at first: it is tried again, however often.
                try await withCleaner(cluster, failures: 3) { cleaner in
                    try await cluster.admin.delete(.namespace, ObjectKey(namespace: nil, name: namespace))
                    try await cluster.eventually("the namespace is gone", within: .seconds(60)) {
                        try await cluster.admin.objects(.namespace).find(namespace) == nil
                    }
                    #expect(cleaner.effects.withLock { $0 } >= 1)
                    #expect(cleaner.failures.withLock { $0 } <= 0)
                }
            }
        }

        @Test func `a stop between effect and finalizer is made good by the next process`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.installWidgets()
                let widgets = cluster.admin.resource(Widget.self, namespace: cluster.namespace)
                _ = try await widgets.create(
                    Widget("w", namespace: cluster.namespace, finalizers: [Cleaner.finalizer]))
                // One that is on its way out and none of ours: kept by somebody else.
                let foreign = "faults.codex-k8s.dev/foreign"
                _ = try await widgets.create(Widget("other", namespace: cluster.namespace, finalizers: [foreign]))
                for name in ["w", "other"] { try await widgets.delete(name) }
                try await withCleaner(cluster, stopsBeforeFinalizer: true) { cleaner in
                    try await cluster.eventually("the effect") { cleaner.effects.withLock { $0 } > 0 }
                }
                #expect(try await widgets.find("w") != nil)
                try await withCleaner(cluster) { cleaner in
                    try await cluster.eventually("the widget is gone") { try await widgets.find("w") == nil }
                    #expect(cleaner.effects.withLock { $0 } == 1, "once for ours, never for the other's")
                }
                let notes = try await cluster.configMaps().keys.map(\.name).filter { $0.hasPrefix("note-") }
                #expect(notes == ["note-w"])
                _ = try await widgets.patch("other", .merge(["metadata": ["finalizers": .null]]))
            }
        }
    }
}
