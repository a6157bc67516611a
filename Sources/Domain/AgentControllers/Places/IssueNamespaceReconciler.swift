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
    private var latest: LatestVersions<IssueNamespace> { context.placeMaker.latest }
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
            try await context.placeMaker.explain(place, .namespaceTerminating, error.message)
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
                context.placeMaker.event(place, .namespaceTTLExtended, key: String(place.metadata.generation))
            ])
            _ = try await context.placeMaker.write(place) { status in status.expiresAt = nil }
            return .done
        case .scheduleExpiry(let time):
            await context.audit.recordEventually([
                context.placeMaker.event(
                    place, .namespaceTTLScheduled, key: String(place.metadata.generation),
                    ["expires_at": .string(time.description)])
            ])
            let written = try await context.placeMaker.write(place) { status in status.expiresAt = time }
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

    private func prepare(_ place: IssueNamespace) async throws -> ReconcileResult {
        let maker = context.placeMaker
        // A run makes it at this moment; should it not come to an end, this does it.
        if maker.isReserved(place.metadata.name) { return .requeueAfter(.seconds(2)) }
        return try await maker.gate.withLock(place.metadata.name) {
            // A run may have made it while this waited; what it wrote wakes this again.
            let place = maker.newest(place)
            guard PlacePlan.decide(place, defaultTTL: context.configuration.leaseTTL, now: context.now()) == .prepare else {
                return .done
            }
            do {
                try await maker.prepare(place)
                return .done
            } catch let taken as PlaceMaker.NameTaken {
                try await maker.explain(place, .nameTaken, taken.description)
                return .requeueAfter(.seconds(60))
            } catch let terminating as PlaceMaker.Terminating {
                try await maker.explain(place, .namespaceTerminating, terminating.description)
                return .requeueAfter(.seconds(1))
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
            await context.audit.recordEventually([context.placeMaker.event(place, .namespaceCleaned)])
        } else {
            context.logger.warning("gave up waiting for namespaces to go", ["namespaces": remaining.joined(separator: ",")])
            await context.audit.recordEventually([
                context.placeMaker.event(place, .namespaceCleanupFailed, ["remaining": .array(remaining.map { .string($0) })])
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
}
