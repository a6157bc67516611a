// SPDX-License-Identifier: MIT
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

/// A cache of config maps with a controller that reads it, and a record of everything that both were told.
final class FollowedCache: Sendable {
    /// What a handler was told.
    struct Delivery: Sendable, Hashable {
        enum Kind: Sendable, Hashable { case added, updated, deleted }
        var kind: Kind
        var name: String
        var uid: String
        var version: String
        var isFinalStateUnknown: Bool
    }

    /// What a reconcile saw; no version when the object is not there.
    struct Reconciled: Sendable, Hashable {
        var name: String
        var version: String?
    }

    let informer: Informer<ConfigMap>
    let controller: Controller
    let deliveries = Collector<Delivery>()
    let reconciled: Collector<Reconciled>

    init(
        _ client: APIClient, namespace: String?, labelSelector: LabelSelector = .init(),
        timing: ReflectorTiming = .quick, time: TimeSource = .system, workers: Int = 4,
        metrics: MetricsRegistry = MetricsRegistry()
    ) {
        let informer = Informer(
            resource: client.resource(ConfigMap.self, namespace: namespace),
            scopes: [CacheScope(namespace: namespace, labelSelector: labelSelector)], metrics: metrics, time: time,
            timing: timing)
        let reconciled = Collector<Reconciled>()
        self.informer = informer
        self.reconciled = reconciled
        controller = Controller(
            name: "followed", reconciler: Recorder(store: informer.store, reconciled: reconciled), workers: workers,
            metrics: metrics)
        controller.watches(informer)
        informer.addHandler { [deliveries] delivery in
            let (kind, object): (Delivery.Kind, ConfigMap) =
                switch delivery.event {
                case .added(let object): (.added, object)
                case .updated(_, let object): (.updated, object)
                case .deleted(let object): (.deleted, object)
                }
            deliveries.append(
                Delivery(
                    kind: kind, name: object.metadata.name, uid: object.metadata.uid,
                    version: object.metadata.resourceVersion, isFinalStateUnknown: delivery.isFinalStateUnknown))
        }
    }

    private struct Recorder: Reconciler {
        let store: Store<ConfigMap>
        let reconciled: Collector<Reconciled>

        func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
            reconciled.append(Reconciled(name: key.name, version: store.get(key)?.metadata.resourceVersion))
            return .done
        }
    }

    /// Runs cache and controller around the body.
    func run(_ body: () async throws -> Void) async throws {
        let tasks = [Task { try await informer.run() }, Task { try await controller.run() }]
        var failure: (any Error)?
        do {
            try await body()
        } catch {
            failure = error
        }
        for task in tasks { task.cancel() }
        for task in tasks { _ = try? await task.value }
        if let failure { throw failure }
    }

    /// Names and versions in the cache.
    var versions: [String: String] {
        Dictionary(
            uniqueKeysWithValues: informer.store.list().filter { $0.metadata.name != "kube-root-ca.crt" }.map {
                ($0.metadata.name, $0.metadata.resourceVersion)
            })
    }

    /// Waits until the cache is what the server has and that was told, then checks that nothing was told twice and that the last state of
    /// everything was reconciled.
    func expectTruth(
        _ cluster: FaultCluster, within limit: Duration = .seconds(20),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let truth = Dictionary(
            uniqueKeysWithValues: try await cluster.configMaps().values.map {
                ($0.metadata.name, $0.metadata.resourceVersion)
            })
        try await cluster.eventually("the cache equals the server", within: limit, sourceLocation: sourceLocation) {
            versions == truth
        }
        // Handlers have tasks of their own and come after the store.
        try await cluster.eventually("every last state is told", sourceLocation: sourceLocation) {
            let last = Dictionary(deliveries.values.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
            return truth.allSatisfy { last[$0]?.version == $1 && last[$0]?.kind != .deleted }
                && last.values.allSatisfy { truth[$0.name] != nil || $0.kind == .deleted || $0.name == "kube-root-ca.crt" }
        }
        let names = Set(deliveries.values.map(\.name)).subtracting(["kube-root-ca.crt"])
        try await cluster.eventually("every last state is reconciled", sourceLocation: sourceLocation) {
            let last = Dictionary(reconciled.values.map { ($0.name, $0.version) }, uniquingKeysWith: { $1 })
            return names.allSatisfy { last[$0] == .some(truth[$0]) }
        }
        let changes = deliveries.values.filter { $0.kind != .deleted }
        let twice = Dictionary(grouping: changes, by: { [$0.uid, $0.version] }).filter { $0.value.count > 1 }
        #expect(twice.isEmpty, "told more than once: \(twice.keys)", sourceLocation: sourceLocation)
        let ends = Dictionary(grouping: deliveries.values.filter { $0.kind == .deleted }, by: \.uid)
        #expect(ends.allSatisfy { $0.value.count == 1 }, "an end was told twice", sourceLocation: sourceLocation)
    }
}

extension ReflectorTiming {
    /// The machine of production with a shorter patience, so that a test takes seconds. Waits between attempts are
    /// those of production.
    static var quick: ReflectorTiming {
        var timing = ReflectorTiming()
        timing.idle = .seconds(2)
        return timing
    }
}
