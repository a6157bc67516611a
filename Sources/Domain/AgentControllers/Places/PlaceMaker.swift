// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ControllerRuntime
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Synchronization

/// Makes what a place consists of: for its own reconciler, and for a run that would else wait for that one to be woken.
///
/// Both go through ``gate``, so that a place is made by one of them and the other finds it made.
final class PlaceMaker: Sendable {
    private let api: APIClient
    private let audit: AuditRecorder
    private let runs: Store<AgentRun>
    private let serviceAccount: String
    private let systemNamespace: String
    private let network: OperatorConfiguration.Network
    private let now: @Sendable () -> Timestamp
    /// One at a time makes a place, by its name.
    let gate = KeyedMutex<String>()
    let latest = LatestVersions<IssueNamespace>()
    private let reserved = Mutex<[String: Int]>([:])
    /// How long the API server may take to grant what a new role binding says; it hears of it by a watch of its own.
    private static let grantTime = Duration.seconds(2)

    private struct KnownEndpoints {
        var endpoints: [PlaceEgress.Endpoint] = []
        var askedAt: Timestamp?
    }

    private static let endpointsLifetime = Duration.seconds(300)
    private let knownEndpoints = Mutex(KnownEndpoints())

    init(
        api: APIClient, audit: AuditRecorder, runs: Store<AgentRun>, serviceAccount: String, systemNamespace: String,
        network: OperatorConfiguration.Network, now: @escaping @Sendable () -> Timestamp
    ) {
        self.api = api
        self.audit = audit
        self.runs = runs
        self.serviceAccount = serviceAccount
        self.systemNamespace = systemNamespace
        self.network = network
        self.now = now
    }

    /// An object of the name exists and is not this place's.
    struct NameTaken: Error, CustomStringConvertible { let description: String }
    /// What is in the way is being removed.
    struct Terminating: Error, CustomStringConvertible { let description: String }

    /// The newer of what somebody was given and what was written since.
    func newest(_ place: IssueNamespace) -> IssueNamespace { latest.newest(place, key: place.metadata.key) ?? place }

    /// Whether all of the place is there, and it says so.
    func isActive(_ place: IssueNamespace) -> Bool { place.phase == .active && place.status?.observedGeneration != nil }

    func builder(_ place: IssueNamespace) -> PlaceBuilder {
        PlaceBuilder(
            place: place, controllerServiceAccount: serviceAccount, systemNamespace: systemNamespace,
            egress: PlaceEgress(
                apiServer: knownEndpoints.withLock { $0.endpoints }, projectNamespaces: network.projectNamespaces,
                allowedCIDRs: network.allowedCIDRs))
    }

    /// Learns where the API server listens, for the network policies of what is made next; asked for again after minutes.
    ///
    /// A server that does not tell (the role is optional) is reached as the rest of the world is: on 443.
    private func learnEndpoints() async throws {
        let now = self.now()
        if let asked = knownEndpoints.withLock({ $0.askedAt }), now.since(asked) < Self.endpointsLifetime { return }
        let path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
        let slice = try await tolerating(.notFound, .forbidden) { try await api.request(.get, path) }
        knownEndpoints.withLock { $0 = KnownEndpoints(endpoints: slice.map(PlaceEgress.endpoints) ?? [], askedAt: now) }
    }

    /// Everything, and the word that it is there.
    func prepare(_ place: IssueNamespace) async throws {
        try await make(place)
        await audit.recordEventually([preparedEvent(place)])
        _ = try await announce(place)
    }

    /// Namespaces first; then what they hold, none of which needs the controller's own binding, and that binding, which
    /// what a run adds needs. No Job may exist before.
    func make(_ place: IssueNamespace) async throws {
        try await learnEndpoints()
        let builder = builder(place)
        try await createAll(builder.namespaces, place)
        try await createAll([builder.controllerBinding] + builder.contents, place)
    }

    /// Keeps the place's own reconciler away while somebody makes it, as long as this is held: it would be woken by the
    /// place's creation, and make what is about to be made.
    final class Reservation: Sendable {
        private let end: @Sendable () -> Void
        fileprivate init(end: @escaping @Sendable () -> Void) { self.end = end }
        deinit { end() }
    }

    /// Says that somebody is about to make the place.
    func reserve(_ name: String) -> Reservation {
        reserved.withLock { $0[name, default: 0] += 1 }
        return Reservation { [self] in
            reserved.withLock { reserved in
                let left = (reserved[name] ?? 1) - 1
                reserved[name] = left > 0 ? left : nil
            }
        }
    }

    /// Whether somebody is making the place.
    func isReserved(_ name: String) -> Bool { reserved.withLock { $0[name] != nil } }

    /// That all of the place is there.
    func preparedEvent(_ place: IssueNamespace) -> AuditEvent {
        let builder = builder(place)
        return event(
            place, .namespacePrepared,
            [
                "run": .string(builder.runNamespace),
                "environment": builder.environmentNamespace.map { .string($0) } ?? nil,
            ])
    }

    /// Says in the status that the place is there; that is in the record by then.
    func announce(_ place: IssueNamespace) async throws -> IssueNamespace {
        let builder = builder(place)
        let now = self.now()
        return try await write(place) { status in
            status.phase = .active
            status.expiresAt = place.spec.holders?.isEmpty == false ? nil : status.expiresAt
            status.namespaces = .init(run: builder.runNamespace, environment: builder.environmentNamespace)
            Self.setReady(&status, place, .true, .provisioned, "", now)
        }
    }

    /// Says in the status why the place cannot be made now.
    func explain(_ place: IssueNamespace, _ reason: Reason, _ message: String) async throws {
        let now = self.now()
        _ = try await write(place) { status in
            status.phase = status.phase ?? .preparing
            Self.setReady(&status, place, .false, reason, message, now)
        }
    }

    private func createAll(_ objects: [PlaceObject], _ place: IssueNamespace) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for object in objects { group.addTask { try await self.create(object, place) } }
            try await group.waitForAll()
        }
    }

    /// Creates one object; one that is there is ours only when it carries our uid. Nothing else is touched.
    private func create(_ object: PlaceObject, _ place: IssueNamespace) async throws {
        let made = try await tolerating(.alreadyExists) {
            try await whenGranted {
                try await api.create(object.json, type: object.type, namespace: object.namespace)
            }
        }
        guard made == nil else { return }
        let existing = try await api.get(object.type, ObjectKey(namespace: object.namespace, name: object.name))
        let name = "\(object.type.kind) \(ObjectKey(namespace: object.namespace, name: object.name))"
        if existing.at("metadata", "deletionTimestamp") != nil {
            throw Terminating(description: "\(name) is being removed; waiting for its end")
        }
        guard existing.at("metadata", "labels", Keys.issueNamespaceUID)?.stringValue == place.metadata.uid else {
            throw NameTaken(description: "\(name) exists and was not made for this place; rename or remove it")
        }
    }

    /// Tries again while the right to do it, just given to ourselves, is not known everywhere.
    func whenGranted<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        let deadline = ContinuousClock.now + Self.grantTime
        while true {
            do {
                return try await body()
            } catch let error as APIError {
                guard error.reason == .forbidden, !error.isNamespaceTerminating, ContinuousClock.now < deadline else {
                    throw error
                }
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    static func setReady(
        _ status: inout IssueNamespaceStatus, _ place: IssueNamespace, _ value: ConditionStatus, _ reason: Reason,
        _ message: String, _ now: Timestamp
    ) {
        var conditions = status.conditions ?? []
        conditions.set(
            Condition(
                type: "Ready", status: value, reason: reason.rawValue, message: message.bounded(to: 1000),
                observedGeneration: place.metadata.generation), now: now)
        status.conditions = conditions
    }

    /// Writes what changed in the status, as one merge patch; writes nothing when nothing changed.
    func write(
        _ place: IssueNamespace, _ change: (inout IssueNamespaceStatus) -> Void
    ) async throws -> IssueNamespace {
        var status = place.status ?? IssueNamespaceStatus()
        change(&status)
        status.observedGeneration = place.metadata.generation
        let before = try JSONValue(encoding: place.status ?? IssueNamespaceStatus())
        guard let patch = MergePatch.difference(from: before, to: try JSONValue(encoding: status)) else { return place }
        let written = try await api.resource(IssueNamespace.self).patchStatus(
            place.metadata.name, .merge(["status": patch]), options: .init(fieldManager: .codexK8s))
        latest.note(written)
        return written
    }

    /// A fact about the place; it belongs to the trace of the run that holds it, or else to the place itself.
    func event(_ place: IssueNamespace, _ type: AuditEventType, key: String = "", _ payload: JSONValue = [:]) -> AuditEvent {
        let holder = place.spec.holders?.first
        let run = holder.flatMap { runs.byIndex("uid", $0).first }
        var payload = payload
        payload["namespace"] = .string(place.metadata.name)
        return AuditEvent(
            correlationID: run?.correlationID ?? holder ?? place.metadata.uid, runUID: holder ?? place.metadata.uid,
            attempt: 1, type: type, key: "\(place.metadata.uid)|\(key)", actor: .controller, payload: payload)
    }
}
