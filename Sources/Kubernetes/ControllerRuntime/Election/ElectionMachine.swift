// SPDX-License-Identifier: MIT
import JSONCoding

/// The decisions of one candidate for a lease. Pure: answers and times come in, requests come out.
///
/// Two never lead at once, because a leader counts its time from before it *sent* the renewal and stops after
/// `renewDeadline`, while the others count theirs from after they *saw* the renewal and wait for the longer
/// `leaseDuration`. Each counts on its own monotonic clock; no two clocks are ever compared. Of two that take a lease at
/// the same moment, the API server refuses one by the object's version.
struct ElectionMachine: Sendable {
    /// What to do next.
    enum Action: Sendable, Hashable {
        /// Look at the lease.
        case read
        /// Write the record over this state of the lease; nil creates it.
        case write(ElectionRecord, over: ObservedLease?)
        /// Nothing for so long, then `begin`.
        case wait(Duration)
        /// Stop at once: this process must not act any more.
        case lost(String)
        /// The end of a release, whether the lease was given up.
        case ended(released: Bool)
    }

    /// What came of an action.
    enum Answer: Sendable, Hashable {
        case found(ObservedLease)
        case absent
        case written(ObservedLease)
        /// Somebody else was faster: the write certainly did not happen.
        case refused
        /// Nothing is known, not even whether a write happened.
        case failed(String)
    }

    private enum Phase: Sendable, Hashable {
        case candidate, leading, releasing, over
    }

    let identity: String
    let timing: ElectionTiming
    private var phase = Phase.candidate
    private var observed: ObservedLease?
    /// When the lease was last seen to change, on our own clock.
    private var observedAt = Duration.zero
    /// When the write under way was decided: before it was sent.
    private var writeStart = Duration.zero
    /// Whether this try has had to look at the lease, because writing without looking failed.
    private var hasLooked = false
    private var lastProblem: String?

    /// Until when this process may act; nil when it does not lead.
    private(set) var leadsUntil: Duration?
    /// How often a leader could not renew without looking at the lease first.
    private(set) var slowRenewals = 0

    init(identity: String, timing: ElectionTiming) {
        precondition(!identity.isEmpty, "a candidate needs a name of its own")
        self.identity = identity
        self.timing = timing
    }

    var isLeading: Bool { phase == .leading }

    /// Who was last seen to hold the lease; empty for nobody.
    var holder: String { observed?.record.holder ?? "" }

    /// Begins a try to take or to renew the lease.
    mutating func begin(now: Duration, wall: Timestamp) -> Action {
        hasLooked = false
        switch phase {
        case .candidate: return .read
        case .leading:
            if let lost = lostByTime(now) { return lost }
            return write(over: observed, now: now, wall: wall)
        case .releasing, .over: return .ended(released: false)
        }
    }

    /// Begins to give the lease up, after everything that acted under it has ended.
    mutating func release(now: Duration, wall: Timestamp) -> Action {
        guard phase == .leading, let observed, let leadsUntil, now < leadsUntil else {
            phase = .over
            leadsUntil = nil
            return .ended(released: false)
        }
        phase = .releasing
        hasLooked = false
        return emptied(observed, wall)
    }

    /// Says what follows from an answer.
    ///
    /// - Parameter random: from 0 to 1; spreads candidates.
    mutating func handle(_ answer: Answer, now: Duration, wall: Timestamp, random: Double) -> Action {
        switch answer {
        case .found(let lease), .written(let lease): observe(lease, now)
        case .absent: observed = nil
        case .refused: lastProblem = "somebody else changed the lease"
        case .failed(let problem): lastProblem = problem
        }
        switch phase {
        case .candidate: return candidate(answer, now, wall, random)
        case .leading: return leader(answer, now, wall)
        case .releasing: return releasing(answer, now, wall)
        case .over: return .ended(released: false)
        }
    }

    // MARK: Phases

    private mutating func candidate(
        _ answer: Answer, _ now: Duration, _ wall: Timestamp, _ random: Double
    ) -> Action {
        switch answer {
        case .absent: return write(over: nil, now: now, wall: wall)
        case .found(let lease):
            let isFree = lease.record.holder.isEmpty || lease.record.holder == identity
            let wait = lease.record.duration ?? timing.leaseDuration
            guard isFree || observedAt + wait <= now else { break }
            return write(over: lease, now: now, wall: wall)
        case .written:
            // An answer that took longer than a lead lasts says that we led, not that we lead.
            guard now < writeStart + timing.renewDeadline else { return .read }
            phase = .leading
            leadsUntil = writeStart + timing.renewDeadline
            return .wait(timing.retryPeriod)
        case .refused, .failed: break
        }
        return .wait(timing.candidateDelay(random: random))
    }

    private mutating func leader(_ answer: Answer, _ now: Duration, _ wall: Timestamp) -> Action {
        if case .found(let lease) = answer, lease.record.holder != identity {
            return lose(lease.record.holder.isEmpty ? "somebody gave it up" : "\(lease.record.holder) holds it")
        }
        if let lost = lostByTime(now) { return lost }
        switch answer {
        case .written:
            lastProblem = nil
            leadsUntil = writeStart + timing.renewDeadline
            return waitToRenew(now)
        case .found(let lease): return write(over: lease, now: now, wall: wall)
        case .absent: return write(over: nil, now: now, wall: wall)
        case .refused, .failed:
            guard !hasLooked else { return waitToRenew(now) }
            hasLooked = true
            slowRenewals += 1
            return .read
        }
    }

    private mutating func releasing(_ answer: Answer, _ now: Duration, _ wall: Timestamp) -> Action {
        switch answer {
        case .written:
            return end(released: true)
        case .refused where !hasLooked:
            // A renewal whose answer was lost has changed the version.
            hasLooked = true
            return .read
        case .found(let lease) where lease.record.holder == identity && now < (leadsUntil ?? .zero):
            return emptied(lease, wall)
        default: return end(released: false)
        }
    }

    // MARK: Parts

    private mutating func observe(_ lease: ObservedLease, _ now: Duration) {
        // Any new version counts as a sign of life, also where only somebody's annotation changed: it is better to wait
        // too long than to lead beside another.
        if lease.resourceVersion != observed?.resourceVersion || lease.record != observed?.record { observedAt = now }
        observed = lease
    }

    private mutating func write(over lease: ObservedLease?, now: Duration, wall: Timestamp) -> Action {
        let old = lease?.record
        let isOurs = old?.holder == identity
        writeStart = now
        let record = ElectionRecord(
            holder: identity, duration: timing.leaseDuration, acquireTime: isOurs ? old?.acquireTime ?? wall : wall,
            renewTime: wall, transitions: (old?.transitions ?? 0) + (isOurs || old == nil ? 0 : 1))
        return .write(record, over: lease)
    }

    private func emptied(_ lease: ObservedLease, _ wall: Timestamp) -> Action {
        .write(
            ElectionRecord(
                holder: "", duration: .seconds(1), acquireTime: wall, renewTime: wall,
                transitions: lease.record.transitions), over: lease)
    }

    private func waitToRenew(_ now: Duration) -> Action {
        .wait(min(timing.retryPeriod, max(.zero, (leadsUntil ?? now) - now)))
    }

    private mutating func lostByTime(_ now: Duration) -> Action? {
        guard let leadsUntil, now < leadsUntil else {
            let cause = lastProblem.map { ": \($0)" } ?? ""
            return lose("it was not renewed within \(timing.renewDeadline)\(cause)")
        }
        return nil
    }

    private mutating func lose(_ reason: String) -> Action {
        phase = .over
        leadsUntil = nil
        return .lost(reason)
    }

    private mutating func end(released: Bool) -> Action {
        phase = .over
        leadsUntil = nil
        return .ended(released: released)
    }
}
