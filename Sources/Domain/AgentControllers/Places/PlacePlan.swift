// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// What is to be done with a place now: pure.
enum PlacePlan: Equatable {
    /// Make what is missing; the place is then active.
    case prepare
    /// Somebody holds it again: it does not go away, and its status must say so.
    case extend
    /// It is there and held: nothing to do.
    case keep
    /// Nobody holds it: it goes away at this time, and its status must say so.
    case scheduleExpiry(Timestamp)
    /// Its time is over: delete it, unless somebody joins at the same moment.
    case expire
    /// It waits for its time; look again after this long.
    case wait(Duration)
    /// Deletion was asked for: see that the namespaces go, then let it go.
    case tearDown

    /// Decides from the object alone and the clock.
    static func decide(_ place: IssueNamespace, defaultTTL: Duration, now: Timestamp) -> PlacePlan {
        if place.metadata.isBeingDeleted { return .tearDown }
        let holders = place.spec.holders ?? []
        guard place.phase == .active || place.phase == .expired, place.status?.namespaces != nil else { return .prepare }
        guard holders.isEmpty else { return place.status?.expiresAt == nil ? .keep : .extend }
        let ttl = place.spec.ttlSeconds.map { Duration.seconds($0) } ?? defaultTTL
        // The last holder left, or somebody changed the time to live: the time counts from now.
        let isChanged = place.status?.observedGeneration != place.metadata.generation
        guard let expiresAt = place.status?.expiresAt, !isChanged else { return .scheduleExpiry(now.adding(ttl).wholeSeconds) }
        return expiresAt <= now ? .expire : .wait(expiresAt.since(now))
    }
}
