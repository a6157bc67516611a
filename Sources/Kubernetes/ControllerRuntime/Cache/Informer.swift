// SPDX-License-Identifier: MIT
package import KubernetesAPI
package import KubernetesClient
package import ServiceRuntime
import Synchronization
import SystemCalls

/// Keeps a store equal to a collection of the API server and tells handlers what changed.
///
/// It never gives up: errors of start-up and of later are met the same way, by waiting longer and trying again, and the
/// reason is in `problem`. Informers are declared and run; reading a store never starts one.
package final class Informer<Object: KubernetesObject>: CacheService {
    /// What is called with every change.
    package typealias Handler = @Sendable (ObjectDelivery<Object>) -> Void

    private struct Lanes: Sendable {
        var all: [HandlerLane<Object>] = []
        /// Takes lanes that come while the informer runs.
        var newcomers: AsyncStream<HandlerLane<Object>>.Continuation?
    }

    /// The resource and namespace, for people.
    package let name: String
    /// The cached objects.
    package let store: Store<Object>
    /// Which parts of the collection are followed.
    package let scopes: [CacheScope]
    let resource: ResourceClient<Object>
    let transform: (@Sendable (inout Object) -> Void)?
    let timing: ReflectorTiming
    let time: TimeSource
    let logger: Logger
    let metrics: InformerMetrics
    private let synced = Gate()
    private let status: Mutex<InformerStatus>
    private let lanes = Mutex(Lanes())

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
        let scope = CacheScope(
            namespace: resource.namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
        self.init(
            resource: resource, scopes: [scope], indexes: indexes, transform: transform, logger: logger,
            metrics: metrics, time: time)
    }

    /// Follows several parts of a collection into one store.
    ///
    /// - Parameter scopes: at least one, each with a namespace of its own; one with all namespaces stands alone.
    package convenience init(
        resource: ResourceClient<Object>, scopes: [CacheScope], indexes: [String: Store<Object>.Indexer] = [:],
        transform: (@Sendable (inout Object) -> Void)? = nil, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system
    ) {
        self.init(
            resource: resource, scopes: scopes, indexes: indexes, transform: transform, logger: logger,
            metrics: metrics, time: time, timing: ReflectorTiming())
    }

    /// The same with other times, for tests.
    init(
        resource: ResourceClient<Object>, scopes: [CacheScope], indexes: [String: Store<Object>.Indexer] = [:],
        transform: (@Sendable (inout Object) -> Void)? = nil, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), time: TimeSource = .system, timing: ReflectorTiming
    ) {
        let namespaces = scopes.map(\.namespace)
        precondition(
            !scopes.isEmpty && Set(namespaces).count == scopes.count && (scopes.count == 1 || !namespaces.contains(nil)),
            "the scopes of a cache need a namespace each, and each another")
        self.resource = resource
        self.scopes = scopes
        self.transform = transform
        self.logger = logger.labelled("informer").with("resource", resource.type.qualifiedName)
        self.metrics = InformerMetrics(metrics, type: resource.type)
        self.time = time
        self.timing = timing
        let places = namespaces.compactMap(\.self)
        name = resource.type.qualifiedName + (places.isEmpty ? "" : " in " + places.joined(separator: ", "))
        store = Store(indexers: indexes, namespaces: namespaces)
        status = Mutex(InformerStatus(parts: scopes.count))
    }

    /// The type whose collection is followed.
    package var type: ResourceType { resource.type }

    // MARK: Handlers

    /// Adds a handler; it is told first what is cached already.
    ///
    /// It is called while the informer runs, one change after another, in the order of the changes, and in a task of its
    /// own: a slow one misses nothing and holds nobody up, but see `DeliveryBuffer` for what it is told then.
    package func addHandler(_ handler: @escaping Handler) {
        let lane = HandlerLane(metrics: metrics, time: time, handler: handler)
        lanes.withLock { lanes in
            var known: [StoreChange<Object>] = []
            store.walk { known.append(.added($0, isInInitialList: true)) }
            lane.add(known)
            lanes.all.append(lane)
            lanes.newcomers?.yield(lane)
        }
    }

    /// Adds a handler that only wants the changes.
    package func addEventHandler(_ handler: @escaping @Sendable (ObjectEvent<Object>) -> Void) {
        addHandler { handler($0.event) }
    }

    // MARK: State

    /// Whether the store was filled once.
    package func hasSynced() -> Bool { synced.isOpen }

    /// Waits until the store was filled once; throws `CancellationError` when cancelled.
    package func waitUntilSynced() async throws { try await synced.wait() }

    /// Why the cache does not follow the collection at the moment; nil when it does.
    package var problem: String? { status.withLock { $0.problem } }

    /// Objects that exist but cannot be read, by key. The store keeps their last readable state.
    package var poison: [ObjectKey: PoisonObject] { status.withLock { $0.poisonObjects } }

    /// How the cache is doing.
    package var health: CacheHealth {
        let now = time.now()
        return status.withLock { $0.health(now: now) }
    }

    // MARK: Running

    /// Follows the collection until cancelled. Once: a new life needs a new informer.
    package func run() async throws {
        let (newcomers, continuation) = AsyncStream<HandlerLane<Object>>.makeStream()
        lanes.withLock { lanes in
            lanes.newcomers = continuation
            for lane in lanes.all { continuation.yield(lane) }
        }
        await withDiscardingTaskGroup { group in
            for part in scopes.indices {
                group.addTask { await Reflector(informer: self, part: part).run() }
            }
            for await lane in newcomers {
                group.addTask { await lane.run() }
            }
        }
    }

    // MARK: For the reflectors

    func change(part: Int, _ body: (inout StoreState<Object>) -> [StoreChange<Object>]) {
        // Held together, so that a handler that is added meanwhile neither misses a change nor sees it twice.
        lanes.withLock { lanes in
            let changes = store.change(body)
            for lane in lanes.all { lane.add(changes) }
        }
        metrics.show(resourceVersion: store.resourceVersion)
    }

    /// Puts a complete list in place of a part.
    func replace(part: Int, _ list: PendingList<Object>, resourceVersion: String) {
        for object in list.poison.values { complain(about: object) }
        status.withLock { $0.replace(poison: Array(list.poison.values), part: part) }
        let isFirst = !status.withLock { $0.isSynced }
        change(part: part) {
            $0.replace(
                list.objects, part: part, keeping: Set(list.poison.keys),
                resourceVersion: resourceVersion)
        }
        // What reading the list took is not needed again; for a short one it is not worth the look.
        if isFirst, list.objects.count >= 500 { Heap.giveBack() }
        let isSynced = status.withLock { status in
            status.filled(part: part)
            return status.isSynced
        }
        report(problem: nil, part: part)
        if isSynced { synced.open() }
    }

    func report(problem: String?, part: Int) {
        let now = time.now()
        status.withLock { $0.set(problem: problem, part: part, now: now) }
    }

    func report(fallback: String?, part: Int) {
        guard status.withLock({ $0.set(fallback: fallback, part: part) }), let fallback else { return }
        logger.info("lists come by pages", ["scope": "\(scopes[part])", "reason": fallback])
    }

    func report(poison object: PoisonObject, part: Int) {
        status.withLock { $0.add(poison: object, part: part) }
        complain(about: object)
    }

    func heard() {
        let now = time.now()
        status.withLock { $0.heard(now: now) }
    }

    func cure(_ key: ObjectKey) {
        status.withLock { $0.cure(key) }
    }

    private func complain(about object: PoisonObject) {
        logger.warning(
            "object cannot be read and is left out", ["object": "\(object.key)", "problem": object.problem])
        metrics.undecodable.increment()
    }
}

/// What a manager needs of a cache, whatever it holds.
package protocol CacheService: Service {
    var name: String { get }
    var problem: String? { get }
    var health: CacheHealth { get }
    func hasSynced() -> Bool
    func waitUntilSynced() async throws
}

extension CacheService {
    /// What is known of a cache that does not say more.
    package var health: CacheHealth { CacheHealth(isSynced: hasSynced(), problem: problem, poison: [:]) }
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
