// SPDX-License-Identifier: MIT
package import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime
import Synchronization

/// Keeps a store equal to a collection of the API server and tells handlers what changed.
///
/// It never gives up: errors of start-up and of later are met the same way, by waiting longer and trying again, and the
/// reason is in `problem`.
package final class Informer<Object: KubernetesObject>: CacheService {
    /// What is called with every change.
    package typealias Handler = @Sendable (ObjectDelivery<Object>) -> Void

    /// The resource and namespace, for people.
    package let name: String
    /// The cached objects.
    package let store: Store<Object>
    let resource: ResourceClient<Object>
    let labelSelector: LabelSelector
    let fieldSelector: FieldSelector
    let transform: (@Sendable (inout Object) -> Void)?
    let timing: ReflectorTiming
    let time: TimeSource
    let logger: Logger
    private let metrics: MetricsRegistry
    private let synced = Gate()
    private let status = Mutex(InformerStatus())
    private let handlers = Mutex<[Handler]>([])

    /// - Parameters:
    ///   - resource: the collection, in one namespace or in all.
    ///   - indexes: by name, the values under which an object is to be found.
    ///   - transform: drops what nobody reads before an object is cached; applied once to each.
    package convenience init(
        resource: ResourceClient<Object>, labelSelector: LabelSelector = .init(),
        fieldSelector: FieldSelector = .init(),
        indexes: [String: Store<Object>.Indexer] = [:], transform: (@Sendable (inout Object) -> Void)? = nil,
        logger: Logger = .disabled, metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system
    ) {
        self.init(
            resource: resource, labelSelector: labelSelector, fieldSelector: fieldSelector, indexes: indexes,
            transform: transform, logger: logger, metrics: metrics, time: time, timing: ReflectorTiming())
    }

    /// The same with other times, for tests.
    init(
        resource: ResourceClient<Object>, labelSelector: LabelSelector, fieldSelector: FieldSelector,
        indexes: [String: Store<Object>.Indexer], transform: (@Sendable (inout Object) -> Void)?, logger: Logger,
        metrics: MetricsRegistry, time: TimeSource, timing: ReflectorTiming
    ) {
        self.resource = resource
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.transform = transform
        self.logger = logger.labelled("informer").with("resource", resource.type.qualifiedName)
        self.metrics = metrics
        self.time = time
        self.timing = timing
        name = resource.type.qualifiedName + (resource.namespace.map { " in \($0)" } ?? "")
        store = Store(indexers: indexes)
    }

    /// The type whose collection is followed.
    package var type: ResourceType { resource.type }

    /// Adds a handler; what is cached already is delivered to it first.
    ///
    /// Handlers run one after another, in the order of the changes. They must be quick, and must not add handlers.
    package func addHandler(_ handler: @escaping Handler) {
        handlers.withLock { handlers in
            for object in store.list() { handler(ObjectDelivery(.added(object), isInInitialList: true)) }
            handlers.append(handler)
        }
    }

    /// Adds a handler that only wants the changes.
    package func addEventHandler(_ handler: @escaping @Sendable (ObjectEvent<Object>) -> Void) {
        addHandler { handler($0.event) }
    }

    /// Whether the store was filled once.
    package func hasSynced() -> Bool { synced.isOpen }

    /// Waits until the store was filled once; throws `CancellationError` when cancelled.
    package func waitUntilSynced() async throws { try await synced.wait() }

    /// Why the cache does not follow the collection at the moment; nil when it does.
    package var problem: String? { status.withLock { $0.problem } }

    /// Objects that exist but cannot be read, by key. The store keeps their last readable state.
    package var poison: [ObjectKey: PoisonObject] { status.withLock { $0.poison } }

    /// Follows the collection until cancelled.
    package func run() async throws {
        await Reflector(informer: self).run()
    }

    // MARK: For the reflector

    func change(_ body: (inout StoreState<Object>) -> [ObjectDelivery<Object>]) {
        // Held together, so that a handler that is added meanwhile neither misses a change nor sees it twice.
        handlers.withLock { handlers in
            for delivery in store.change(body) {
                for handler in handlers { handler(delivery) }
            }
        }
    }

    func report(problem: String?) {
        status.withLock { $0.problem = problem }
        if problem == nil { synced.open() }
    }

    func report(poison: [PoisonObject]) {
        status.withLock { status in
            status.poison = Dictionary(poison.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        }
        for object in poison { complain(about: object) }
    }

    func report(poison object: PoisonObject) {
        status.withLock { $0.poison[object.key] = object }
        complain(about: object)
    }

    func cure(_ key: ObjectKey) {
        status.withLock { status in
            if !status.poison.isEmpty { status.poison[key] = nil }
        }
    }

    private func complain(about object: PoisonObject) {
        logger.warning(
            "object cannot be read and is left out", ["object": "\(object.key)", "problem": object.problem])
        metrics.counter(
            "codexk8s_undecodable_objects_total", help: "Objects that their model could not read.",
            labels: ["resource": resource.type.qualifiedName]
        ).increment()
    }
}

private struct InformerStatus: Sendable {
    var problem: String? = "not started"
    var poison: [ObjectKey: PoisonObject] = [:]
}

/// What a manager needs of a cache, whatever it holds.
package protocol CacheService: Service {
    var name: String { get }
    var problem: String? { get }
    func hasSynced() -> Bool
    func waitUntilSynced() async throws
}

extension Informer where Object: Resource {
    /// Follows a type that is known when compiling, in one namespace or in all.
    package convenience init(
        _ client: APIClient, _ type: Object.Type = Object.self, namespace: String? = nil,
        labelSelector: LabelSelector = .init(), fieldSelector: FieldSelector = .init(),
        indexes: [String: Store<Object>.Indexer] = [:], transform: (@Sendable (inout Object) -> Void)? = nil,
        logger: Logger = .disabled, metrics: MetricsRegistry = MetricsRegistry()
    ) {
        self.init(
            resource: client.resource(Object.self, namespace: namespace), labelSelector: labelSelector,
            fieldSelector: fieldSelector, indexes: indexes, transform: transform, logger: logger, metrics: metrics)
    }
}
