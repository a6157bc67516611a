// SPDX-License-Identifier: MIT

/// How urgent a key is.
package enum WorkPriority: Int, Sendable, Hashable, Comparable {
    /// What was there at the start: worth a look, not at once.
    case low
    /// Something happened.
    case normal

    /// Less urgent comes first.
    package static func < (left: WorkPriority, right: WorkPriority) -> Bool { left.rawValue < right.rawValue }
}

/// The decisions of a work queue. Pure: times come in, keys come out.
///
/// *Dirty* keys need work, *processing* keys are being worked on. A key that becomes dirty while it is processed waits
/// until that ends, so that no key is worked on twice at a time and all that happened meanwhile is one more run.
/// Memory is bounded by the number of distinct keys, never by the number of events.
struct WorkQueueMachine<Key: Hashable & Sendable>: Sendable {
    /// A key in line. Its rank decides: entry time, plus a handicap for low priority. So fresh work overtakes the
    /// initial list, but only for the length of the handicap: nothing starves.
    private struct Ticket: Sendable {
        var key: Key
        var number: Int
        var rank: Duration
    }

    private struct Waiting: Sendable {
        var ticket: Int
        var priority: WorkPriority
        var since: Duration
    }

    private var normal = FIFO<Ticket>()
    private var low = FIFO<Ticket>()
    /// Keys in line. A ticket whose number differs from the one here is outdated.
    private var waiting: [Key: Waiting] = [:]
    private var processing: [Key: Duration] = [:]
    /// Keys that became dirty while they are processed.
    private var again: [Key: WorkPriority] = [:]
    private var timers = TimerHeap<Key>()
    private var failures: [Key: Int] = [:]
    private var lastTicket = 0
    private(set) var isShutDown = false

    /// How long a low key lets normal ones pass at most.
    let handicap: Duration
    let baseDelay: Duration
    let maximumDelay: Duration

    init(
        handicap: Duration = .seconds(10), baseDelay: Duration = .milliseconds(5),
        maximumDelay: Duration = .seconds(1000)
    ) {
        self.handicap = handicap
        self.baseDelay = baseDelay
        self.maximumDelay = maximumDelay
    }

    var depth: Int { waiting.count }
    private(set) var normalDepth = 0
    var processingCount: Int { processing.count }
    var isIdle: Bool { waiting.isEmpty && processing.isEmpty && timers.count == 0 }

    /// Since when the keys that are processed now are.
    var processingStarts: some Collection<Duration> { processing.values }

    /// Says that a key needs work. Returns whether that was news.
    @discardableResult
    mutating func add(_ key: Key, priority: WorkPriority, now: Duration) -> Bool {
        guard !isShutDown else { return false }
        if processing[key] != nil {
            let known = again[key]
            again[key] = max(known ?? .low, priority)
            return known == nil
        }
        guard let known = waiting[key] else {
            enqueue(key, priority, since: now, now: now)
            return true
        }
        if priority > known.priority { enqueue(key, priority, since: known.since, now: now) }
        return false
    }

    /// Says that a key will need work later.
    mutating func add(_ key: Key, after delay: Duration, now: Duration) {
        guard !isShutDown else { return }
        if delay <= .zero {
            add(key, priority: .normal, now: now)
        } else {
            timers.add(key, due: now + delay)
        }
    }

    /// Counts a failure and says how long to wait for it: doubling from `baseDelay` to `maximumDelay`.
    mutating func failed(_ key: Key) -> Duration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        // 2^18 × 5 ms is beyond any maximum in use; beyond 2^40 a shift would overflow.
        return count >= 40 ? maximumDelay : min(baseDelay * (1 << count), maximumDelay)
    }

    func failureCount(_ key: Key) -> Int { failures[key, default: 0] }

    mutating func forgetFailures(_ key: Key) {
        failures[key] = nil
    }

    /// Moves what is due into the line; returns how many keys became ready.
    mutating func promote(now: Duration) -> Int {
        var count = 0
        while let key = timers.takeDue(now: now) {
            if add(key, priority: .normal, now: now) { count += 1 }
        }
        return count
    }

    /// When `promote` has to be called next.
    mutating func nextDue() -> Duration? {
        isShutDown ? nil : timers.nextDue()
    }

    /// Takes the next key into processing, and how long it was in line.
    mutating func take(now: Duration) -> (key: Key, waited: Duration)? {
        guard !isShutDown else { return nil }
        dropOutdated()
        let fromLow: Bool
        switch (normal.first, low.first) {
        case (nil, nil): return nil
        case (nil, _?): fromLow = true
        case (_?, nil): fromLow = false
        case (let fresh?, let old?): fromLow = old.rank < fresh.rank
        }
        guard let ticket = fromLow ? low.first : normal.first else { return nil }
        if fromLow { low.removeFirst() } else { normal.removeFirst() }
        let entry = waiting.removeValue(forKey: ticket.key)
        if !fromLow { normalDepth -= 1 }
        processing[ticket.key] = now
        return (ticket.key, now - (entry?.since ?? now))
    }

    /// Ends the processing of a key, and returns how long it took. A key that became dirty meanwhile is in line again.
    @discardableResult
    mutating func done(_ key: Key, now: Duration) -> Duration? {
        guard let start = processing.removeValue(forKey: key) else { return nil }
        if let priority = again.removeValue(forKey: key), !isShutDown {
            enqueue(key, priority, since: now, now: now)
        }
        return now - start
    }

    /// Nothing is taken or added from now on; what is processed may still end.
    mutating func shutDown() {
        isShutDown = true
        waiting = [:]
        normalDepth = 0
        again = [:]
        normal = FIFO()
        low = FIFO()
        timers.removeAll()
    }

    private mutating func enqueue(_ key: Key, _ priority: WorkPriority, since: Duration, now: Duration) {
        lastTicket += 1
        waiting[key] = Waiting(ticket: lastTicket, priority: priority, since: since)
        switch priority {
        case .normal:
            normalDepth += 1
            normal.append(Ticket(key: key, number: lastTicket, rank: now))
        case .low: low.append(Ticket(key: key, number: lastTicket, rank: now + handicap))
        }
    }

    private mutating func dropOutdated() {
        while let first = normal.first, waiting[first.key]?.ticket != first.number { normal.removeFirst() }
        while let first = low.first, waiting[first.key]?.ticket != first.number { low.removeFirst() }
    }
}
