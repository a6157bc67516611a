// SPDX-License-Identifier: MIT

/// The decisions of a work queue. Pure: times come in, keys come out.
///
/// A key has one entry, in which two things are independent: whether it is *processed* now, and whether it is *pending*,
/// at once or from a later time on. A key that becomes pending while it is processed waits until that ends, so that no
/// key is worked on twice at a time and all that happened meanwhile is one more run. Of several adds the earliest time
/// and the highest priority count.
///
/// An entry lives as long as its key is pending or processed, and holds its failures too. So memory is bounded by the
/// number of distinct keys with work, whatever happens to them; every operation takes logarithmic time.
struct WorkQueueMachine<Key: Hashable & Sendable>: Sendable {
    private enum Pending: Sendable {
        case no, later, now
    }

    private struct Entry: Sendable {
        var key: Key
        var pending = Pending.no
        /// Priority and reason of what is pending.
        var priority = WorkPriority.normal
        var reason = ""
        /// Since when it could have been worked on.
        var since = Duration.zero
        /// When the processing began; nil when it is not processed.
        var started: Duration?
        /// The priority with which it is processed.
        var runPriority = WorkPriority.normal
        var failures = 0
    }

    /// So many places are kept when there is nothing to do.
    private static var keptSlots: Int { 256 }

    private var slots: [Entry?] = []
    private var free: [Int] = []
    private var index: [Key: Int] = [:]
    /// Slots that can be taken, by rank: the time of entry, plus a handicap for low priority. So fresh work overtakes
    /// the initial list, but only for the length of the handicap: nothing starves.
    private var line = SlotHeap()
    /// Slots that are pending from a later time on, by that time.
    private var timers = SlotHeap()
    private var processing: Set<Int> = []
    private var depths: [WorkPriority: Int] = [:]
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

    // MARK: Numbers

    /// Keys that need work now, also those whose turn comes when they are no longer processed.
    var depth: Int { depths.values.reduce(0, +) }
    func depth(_ priority: WorkPriority) -> Int { depths[priority, default: 0] }
    var processingCount: Int { processing.count }
    /// Keys that are kept in memory.
    var keyCount: Int { index.count }
    var isIdle: Bool { index.isEmpty }
    /// Everything that takes memory, for the proof that events do not.
    var footprint: Int { slots.count + free.count + index.count + line.count + timers.count + processing.count }

    /// Since when the keys that are processed now are.
    var processingStarts: [Duration] { processing.compactMap { slots[$0]?.started } }

    /// Since when the key that is first in line waits.
    var waitingSince: Duration? { line.first.flatMap { slots[$0.slot]?.since } }

    // MARK: Adding

    /// Says that a key needs work. Returns whether that was news.
    ///
    /// - Parameter priority: nil takes that of the work under way, else `normal`.
    @discardableResult
    mutating func add(_ key: Key, priority: WorkPriority? = nil, reason: String = "", now: Duration) -> Bool {
        guard !isShutDown else { return false }
        let slot = slot(of: key)
        guard var entry = slots[slot] else { return false }
        let wanted = priority ?? (entry.started == nil ? .normal : entry.runPriority)
        switch entry.pending {
        case .now:
            raise(slot, to: priority, now: now)
            return false
        case .later:
            timers.remove(slot)
            entry.priority = max(entry.priority, wanted)
        case .no:
            entry.priority = wanted
        }
        entry.reason = reason
        slots[slot] = entry
        becomeReady(slot, since: now, rank: now)
        return true
    }

    /// Says that a key will need work later. A key that needs work already only rises in priority.
    mutating func add(
        _ key: Key, after delay: Duration, priority: WorkPriority? = nil, reason: String = "", now: Duration
    ) {
        guard !isShutDown else { return }
        guard delay > .zero else {
            add(key, priority: priority, reason: reason, now: now)
            return
        }
        let slot = slot(of: key)
        guard var entry = slots[slot] else { return }
        let wanted = priority ?? (entry.started == nil ? .normal : entry.runPriority)
        switch entry.pending {
        case .now:
            raise(slot, to: priority, now: now)
        case .later:
            entry.priority = max(entry.priority, wanted)
            slots[slot] = entry
            timers.advance(slot, to: now + delay)
        case .no:
            entry.pending = .later
            entry.priority = wanted
            entry.reason = reason
            slots[slot] = entry
            timers.insert(slot, rank: now + delay)
        }
    }

    /// Moves what is due into the line; returns how many keys became ready.
    mutating func promote(now: Duration) -> Int {
        var count = 0
        while let (slot, due) = timers.first, due <= now {
            timers.remove(slot)
            becomeReady(slot, since: due, rank: due)
            count += 1
        }
        return count
    }

    /// When `promote` has to be called next.
    var nextDue: Duration? { timers.first?.rank }

    // MARK: Failures

    /// Counts a failure and says how long to wait for it: from a time that doubles, `baseDelay` at first, to twice that,
    /// and at most `maximumDelay`. Keys that failed together, as over one object that each of them writes, are spread,
    /// or they would meet again and again.
    ///
    /// - Parameter random: from 0 to 1.
    mutating func failed(_ key: Key, random: Double = 0) -> Duration {
        // After the shutdown nothing would ever take the entry away again.
        guard !isShutDown else { return maximumDelay }
        let slot = slot(of: key)
        let count = slots[slot]?.failures ?? 0
        slots[slot]?.failures = count + 1
        // 2^18 × 5 ms is beyond any maximum in use; beyond 2^40 a shift would overflow.
        return count >= 40 ? maximumDelay : min(baseDelay * (1 << count) * (1 + random), maximumDelay)
    }

    /// Failures in a row. A row also ends when a key is left alone: neither pending nor processed.
    func failureCount(_ key: Key) -> Int { index[key].flatMap { slots[$0]?.failures } ?? 0 }

    mutating func forgetFailures(_ key: Key) {
        guard let slot = index[key] else { return }
        slots[slot]?.failures = 0
        dropIfIdle(slot)
    }

    // MARK: Taking

    /// Takes the next key into processing.
    mutating func take(now: Duration) -> WorkItem<Key>? {
        guard let (slot, _) = line.first, var entry = slots[slot] else { return nil }
        line.remove(slot)
        depths[entry.priority, default: 0] -= 1
        entry.pending = .no
        entry.started = now
        entry.runPriority = entry.priority
        slots[slot] = entry
        processing.insert(slot)
        return WorkItem(
            key: entry.key, priority: entry.priority, reason: entry.reason, waited: max(.zero, now - entry.since))
    }

    /// Ends the processing of a key, and returns how long it took. A key that became pending meanwhile is in line again.
    @discardableResult
    mutating func done(_ key: Key, now: Duration) -> Duration? {
        guard let slot = index[key], let started = slots[slot]?.started else { return nil }
        slots[slot]?.started = nil
        processing.remove(slot)
        if case .now? = slots[slot]?.pending { enterLine(slot, rank: now) }
        dropIfIdle(slot)
        return now - started
    }

    /// Nothing is taken or added from now on; what is processed may still end.
    mutating func shutDown() {
        isShutDown = true
        line.removeAll()
        timers.removeAll()
        depths = [:]
        for (_, slot) in index {
            slots[slot]?.pending = .no
            dropIfIdle(slot)
        }
    }

    // MARK: Parts

    private mutating func slot(of key: Key) -> Int {
        if let known = index[key] { return known }
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = Entry(key: key)
        } else {
            slot = slots.count
            slots.append(Entry(key: key))
        }
        index[key] = slot
        return slot
    }

    private mutating func becomeReady(_ slot: Int, since: Duration, rank: Duration) {
        guard let entry = slots[slot] else { return }
        slots[slot]?.pending = .now
        slots[slot]?.since = since
        depths[entry.priority, default: 0] += 1
        if entry.started == nil { enterLine(slot, rank: rank) }
    }

    private mutating func enterLine(_ slot: Int, rank: Duration) {
        guard let entry = slots[slot] else { return }
        line.insert(slot, rank: rank + (entry.priority == .low ? handicap : .zero))
    }

    private mutating func raise(_ slot: Int, to priority: WorkPriority?, now: Duration) {
        guard let priority, let entry = slots[slot], priority > entry.priority else { return }
        depths[entry.priority, default: 0] -= 1
        depths[priority, default: 0] += 1
        slots[slot]?.priority = priority
        line.advance(slot, to: now)
    }

    /// A slot without work is free for another key.
    private mutating func dropIfIdle(_ slot: Int) {
        guard let entry = slots[slot], entry.pending == .no, entry.started == nil else { return }
        slots[slot] = nil
        index[entry.key] = nil
        free.append(slot)
        if index.isEmpty, slots.count > Self.keptSlots { giveBack() }
    }

    /// A start looks at everything once, and so much is not needed again.
    private mutating func giveBack() {
        slots = []
        free = []
        index = [:]
        processing = []
        line.removeAll()
        timers.removeAll()
    }
}
