// SPDX-License-Identifier: MIT
import KubernetesAPI
import Synchronization

/// Finds keys that are reconciled over and over although nobody changed what is wanted: a reconciler that answers its
/// own writes, or two that answer each other's. Pure.
///
/// Runs that a timer or a failure asked for do not count. Memory holds what was reconciled within a period.
struct SelfTriggerDetector: Sendable {
    private struct Count: Sendable {
        var runs = 0
        var hasWarned = false
    }

    /// More runs of a key within a period are suspicious.
    let limit: Int
    let period: Duration
    private var counts: [ObjectKey: Count] = [:]
    private var periodEnd: Duration?

    init(limit: Int = 100, period: Duration = .seconds(60)) {
        self.limit = limit
        self.period = period
    }

    /// Somebody changed what is wanted, so the count starts anew.
    mutating func specChanged(_ key: ObjectKey) { counts[key]?.runs = 0 }

    /// Counts a run that an event asked for. Returns how many there were, when it is time to warn: once a key and
    /// period.
    mutating func ran(_ key: ObjectKey, now: Duration) -> Int? {
        if periodEnd.map({ now >= $0 }) ?? true {
            counts.removeAll(keepingCapacity: true)
            periodEnd = now + period
        }
        counts[key, default: Count()].runs += 1
        guard let count = counts[key], count.runs > limit, !count.hasWarned else { return nil }
        counts[key]?.hasWarned = true
        return count.runs
    }
}

/// A detector that handlers of events and workers share.
final class SelfTriggerWatch: Sendable {
    private let detector: Mutex<SelfTriggerDetector>

    init(_ detector: SelfTriggerDetector) { self.detector = Mutex(detector) }

    func specChanged(_ key: ObjectKey) { detector.withLock { $0.specChanged(key) } }

    func ran(_ key: ObjectKey, now: Duration) -> Int? { detector.withLock { $0.ran(key, now: now) } }
}
