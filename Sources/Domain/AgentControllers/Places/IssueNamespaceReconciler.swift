// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
package import ControllerRuntime
import JSONCoding
package import KubernetesAPI
import KubernetesClient
import ServiceRuntime

/// Makes, keeps, expires and removes the place of an issue: two namespaces and what they hold.
package final class IssueNamespaceReconciler: Reconciler {
    private let context: ControllerContext
    private let latest = LatestVersions<IssueNamespace>()
    /// How long a removal may be stuck before the place is let go with a warning.
    private static let cleanupLimit = Duration.seconds(15 * 60)

    package init(context: ControllerContext) { self.context = context }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let place = latest.newest(context.places.get(key), key: key) else {
            latest.forget(key)
            return .done
        }
        do {
            return try await act(place)
        } catch let error as APIError where error.reason == .conflict {
            return .requeueAfter(.milliseconds(100))
        } catch let error as APIError where error.isNamespaceTerminating {
            try await explain(place, .namespaceTerminating, error.message)
            return .requeueAfter(.seconds(1))
        }
    }

    private func act(_ place: IssueNamespace) async throws -> ReconcileResult {
        let now = context.now()
        switch PlacePlan.decide(place, defaultTTL: context.configuration.leaseTTL, now: now) {
        case .keep: return .done
        case .wait(let delay): return .requeueAfter(delay)
        case .prepare: return try await prepare(place)
        case .extend:
            await context.audit.recordEventually([
                event(place, .namespaceTTLExtended, key: String(place.metadata.generation))
            ])
            _ = try await write(place) { status in status.expiresAt = nil }
            return .done
        case .scheduleExpiry(let time):
            await context.audit.recordEventually([
                event(
                    place, .namespaceTTLScheduled, key: String(place.metadata.generation),
                    ["expires_at": .string(time.description)])
            ])
            let written = try await write(place) { status in status.expiresAt = time }
            try await annotate(written, expiresAt: time)
            return .requeueAfter(time.since(now))
        case .expire:
            // Somebody who joins at this moment changes the version, and the deletion is refused.
            _ = try await context.api.resource(IssueNamespace.self).delete(
                place.metadata.name,
                options: DeleteOptions(
                    uid: place.metadata.uid, resourceVersion: place.metadata.resourceVersion, propagation: .background))
            return .done
        case .tearDown: return try await tearDown(place)
        }
    }

    private func builder(_ place: IssueNamespace) -> PlaceBuilder {
        PlaceBuilder(
            place: place, controllerServiceAccount: context.serviceAccount,
            systemNamespace: context.configuration.systemNamespace)
    }

    /// Namespaces first, then the controller's right to write there, then the rest in parallel.
    private func prepare(_ place: IssueNamespace) async throws -> ReconcileResult {
        let builder = builder(place)
        do {
            try await createAll(builder.namespaces, place)
            try await create(builder.controllerBinding, place)
            try await createAll(builder.contents, place)
        } catch let taken as NameTaken {
            try await explain(place, .nameTaken, taken.description)
            return .requeueAfter(.seconds(60))
        } catch let terminating as Terminating {
            try await explain(place, .namespaceTerminating, terminating.description)
            return .requeueAfter(.seconds(1))
        }
        await context.audit.recordEventually([
            event(
                place, .namespacePrepared,
                [
                    "run": .string(builder.runNamespace),
                    "environment": builder.environmentNamespace.map { .string($0) } ?? nil,
                ])
        ])
        let now = context.now()
        _ = try await write(place) { status in
            status.phase = .active
            status.expiresAt = place.spec.holders?.isEmpty == false ? nil : status.expiresAt
            status.namespaces = .init(run: builder.runNamespace, environment: builder.environmentNamespace)
            Self.setReady(&status, place, .true, .provisioned, "", now)
        }
        return .done
    }

    private func createAll(_ objects: [PlaceObject], _ place: IssueNamespace) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for object in objects { group.addTask { try await self.create(object, place) } }
            try await group.waitForAll()
        }
    }

    private struct NameTaken: Error, CustomStringConvertible { let description: String }
    private struct Terminating: Error, CustomStringConvertible { let description: String }

    /// Creates one object; one that is there is ours only when it carries our uid. Nothing else is touched.
    private func create(_ object: PlaceObject, _ place: IssueNamespace) async throws {
        let made = try await tolerating(.alreadyExists) {
            try await context.api.create(object.json, type: object.type, namespace: object.namespace)
        }
        if made == nil {
            let existing = try await context.api.get(
                object.type, ObjectKey(namespace: object.namespace, name: object.name))
            let name = "\(object.type.kind) \(ObjectKey(namespace: object.namespace, name: object.name))"
            if existing.at("metadata", "deletionTimestamp") != nil {
                throw Terminating(description: "\(name) is being removed; waiting for its end")
            }
            guard existing.at("metadata", "labels", Keys.issueNamespaceUID)?.stringValue == place.metadata.uid else {
                throw NameTaken(description: "\(name) exists and was not made for this place; rename or remove it")
            }
        }
    }

    /// Deletes the namespaces and waits until they are gone; the garbage collector would do it too, but later, and
    /// nobody would record it.
    private func tearDown(_ place: IssueNamespace) async throws -> ReconcileResult {
        guard place.metadata.finalizers.contains(Keys.cleanupFinalizer) else { return .done }
        let names = [place.metadata.name, Names.environmentNamespace(of: place.metadata.name)]
        var remaining: [String] = []
        for name in names {
            guard let namespace = try await context.api.resource(Namespace.self).find(name),
                namespace.metadata.labels[Keys.issueNamespaceUID] == place.metadata.uid
            else { continue }
            remaining.append(name)
            if !namespace.metadata.isBeingDeleted {
                try await context.api.resource(Namespace.self).delete(name, options: .exactly(namespace.metadata))
            }
        }
        let asked = place.metadata.deletionTimestamp ?? context.now()
        if !remaining.isEmpty, context.now().since(asked) < Self.cleanupLimit { return .requeueAfter(.seconds(1)) }
        if remaining.isEmpty {
            await context.audit.recordEventually([event(place, .namespaceCleaned)])
        } else {
            context.logger.warning("gave up waiting for namespaces to go", ["namespaces": remaining.joined(separator: ",")])
            await context.audit.recordEventually([
                event(place, .namespaceCleanupFailed, ["remaining": .array(remaining.map { .string($0) })])
            ])
        }
        if let patch = Patch.removingFinalizer(Keys.cleanupFinalizer, from: place.metadata.finalizers) {
            try await tolerating(.notFound, .invalid) {
                _ = try await context.api.resource(IssueNamespace.self).patch(place.metadata.name, patch)
            }
        }
        latest.forget(place.metadata.key)
        return .done
    }

    /// People who look at a namespace see when it goes.
    private func annotate(_ place: IssueNamespace, expiresAt: Timestamp) async throws {
        for name in [place.status?.namespaces?.run, place.status?.namespaces?.environment].compactMap({ $0 }) {
            try await tolerating(.notFound) {
                _ = try await context.api.resource(Namespace.self).patch(
                    name, .merge(["metadata": ["annotations": [Keys.expiresAt: .string(expiresAt.description)]]]))
            }
        }
    }

    private func explain(_ place: IssueNamespace, _ reason: Reason, _ message: String) async throws {
        let now = context.now()
        _ = try await write(place) { status in
            status.phase = status.phase ?? .preparing
            Self.setReady(&status, place, .false, reason, message, now)
        }
    }

    private static func setReady(
        _ status: inout IssueNamespaceStatus, _ place: IssueNamespace, _ value: ConditionStatus, _ reason: Reason,
        _ message: String, _ now: Timestamp
    ) {
        var conditions = status.conditions ?? []
        conditions.set(
            Condition(
                type: "Ready", status: value, reason: reason.rawValue, message: String(message.prefix(1000)),
                observedGeneration: place.metadata.generation), now: now)
        status.conditions = conditions
    }

    private func write(
        _ place: IssueNamespace, _ change: (inout IssueNamespaceStatus) -> Void
    ) async throws -> IssueNamespace {
        var status = place.status ?? IssueNamespaceStatus()
        change(&status)
        status.observedGeneration = place.metadata.generation
        let before = try JSONValue(encoding: place.status ?? IssueNamespaceStatus())
        guard let patch = MergePatch.difference(from: before, to: try JSONValue(encoding: status)) else { return place }
        let written = try await context.api.resource(IssueNamespace.self).patchStatus(
            place.metadata.name, .merge(["status": patch]), options: .init(fieldManager: .codexK8s))
        latest.note(written)
        return written
    }

    /// A fact about the place; it belongs to the trace of the run that holds it, or else to the place itself.
    private func event(
        _ place: IssueNamespace, _ type: AuditEventType, key: String = "", _ payload: JSONValue = [:]
    ) -> AuditEvent {
        let holder = place.spec.holders?.first
        let run = holder.flatMap { uid in context.runs.list().first { $0.metadata.uid == uid } }
        var payload = payload
        payload["namespace"] = .string(place.metadata.name)
        return AuditEvent(
            correlationID: run?.correlationID ?? holder ?? place.metadata.uid, runUID: holder ?? place.metadata.uid,
            attempt: 1, type: type, key: "\(place.metadata.uid)|\(key)", actor: .controller, payload: payload)
    }
}
