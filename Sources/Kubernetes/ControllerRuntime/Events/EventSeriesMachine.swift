// SPDX-License-Identifier: MIT
import KubernetesAPI

/// Decides which events are written, and makes one series of those that say the same. Pure.
///
/// Events are for people: what is lost under a storm is the hundredth repetition. Notes with the same type, action,
/// reason and objects are one series, whatever their messages: its first note is created, the second says that it is a
/// series, and from then on the count is written now and then and at the end. Besides, each object has a budget, so that
/// no loop can fill the cluster's storage.
struct EventSeriesMachine: Sendable {
    /// What to write.
    enum Write: Sendable, Hashable {
        /// A new event, or, with a count above one, a series whose beginning could not be written.
        case create(id: Int, EventNote, count: Int)
        /// The event of this id was seen so often by now; the note is for making it anew when the server has dropped it.
        case update(id: Int, EventNote, count: Int)

        var id: Int {
            switch self {
            case .create(let id, _, _), .update(let id, _, _): id
            }
        }
    }

    private struct Key: Hashable, Sendable {
        var regarding: ObjectReference
        var related: ObjectReference?
        var isWarning: Bool
        var reason: String
        var action: String

        init(_ note: EventNote) {
            regarding = note.regarding
            // The same object at another version is the same object.
            regarding.resourceVersion = nil
            related = note.related
            related?.resourceVersion = nil
            isWarning = note.isWarning
            reason = note.reason
            action = note.action
        }
    }

    private struct Series: Sendable {
        var id: Int
        var note: EventNote
        var count = 1
        var writtenCount = 0
        var lastSeen: Duration
        var lastWrite: Duration
    }

    private struct Budget: Sendable {
        var tokens: Double
        var at: Duration
    }

    private var series: [Key: Series] = [:]
    private var budgets: [String: Budget] = [:]
    private var lastID = 0

    /// After so long a silence a series is over.
    static let seriesPeriod = Duration.seconds(360)
    /// How often the count of a series that goes on is written.
    static let refreshPeriod = Duration.seconds(300)
    /// Writes an object has at once, and the time until it has one more.
    static let burst = 25.0
    static let refill = Duration.seconds(300)
    /// Series and objects that are remembered.
    static let capacity = 4096

    /// Counts a note. Returns what to write now; nil when it is counted only.
    mutating func record(_ note: EventNote, now: Duration) -> Write? {
        let key = Key(note)
        var entry: Series
        if let known = series[key], now - known.lastSeen < Self.seriesPeriod {
            entry = known
            entry.count += 1
        } else {
            makeRoom(now: now)
            lastID += 1
            entry = Series(id: lastID, note: note, lastSeen: now, lastWrite: now)
        }
        entry.lastSeen = now
        defer { series[key] = entry }
        // The first two at once; what follows is written by `due`.
        guard entry.writtenCount < 2, spend(note.regarding, now: now) else { return nil }
        return write(&entry, now)
    }

    /// The counts that have to be written now: of series that go on, once a refresh period, and of those that are over.
    mutating func due(now: Duration) -> [Write] {
        var writes: [Write] = []
        for (key, known) in series {
            var entry = known
            let isOver = now - entry.lastSeen >= Self.seriesPeriod
            let isStale = entry.count > entry.writtenCount && now - entry.lastWrite >= Self.refreshPeriod
            // What never came into being for want of a budget is not written late.
            if entry.writtenCount > 0, entry.count > entry.writtenCount, isOver || isStale {
                writes.append(write(&entry, now))
            }
            series[key] = isOver ? nil : entry
        }
        return writes.sorted { $0.id < $1.id }
    }

    /// When `due` has to be called next; nil when nothing is remembered.
    var nextDue: Duration? {
        series.values.map { entry in
            let end = entry.lastSeen + Self.seriesPeriod
            guard entry.writtenCount > 0, entry.count > entry.writtenCount else { return end }
            return min(end, entry.lastWrite + Self.refreshPeriod)
        }.min()
    }

    /// Every count that is not written yet: for the end of the process.
    mutating func flush(now: Duration) -> [Write] {
        var writes: [Write] = []
        for (key, known) in series where known.writtenCount > 0 && known.count > known.writtenCount {
            var entry = known
            writes.append(write(&entry, now))
            series[key] = entry
        }
        return writes.sorted { $0.id < $1.id }
    }

    /// Forgets a series that could not be created: the next note begins it anew.
    mutating func forget(_ id: Int) {
        if let key = series.first(where: { $0.value.id == id })?.key { series[key] = nil }
    }

    private func write(_ entry: inout Series, _ now: Duration) -> Write {
        let isNew = entry.writtenCount == 0
        entry.writtenCount = entry.count
        entry.lastWrite = now
        return isNew
            ? .create(id: entry.id, entry.note, count: entry.count)
            : .update(id: entry.id, entry.note, count: entry.count)
    }

    private mutating func spend(_ object: ObjectReference, now: Duration) -> Bool {
        let key = object.uid ?? "\(object.kind ?? "")/\(object.namespace ?? "")/\(object.name ?? "")"
        var budget = budgets[key] ?? Budget(tokens: Self.burst, at: now)
        budget.tokens = min(Self.burst, budget.tokens + max(.zero, now - budget.at) / Self.refill)
        budget.at = now
        defer { budgets[key] = budget }
        guard budget.tokens >= 1 else { return false }
        budget.tokens -= 1
        return true
    }

    /// Keeps memory bounded: under a storm of objects what was silent for the longest time is forgotten.
    private mutating func makeRoom(now: Duration) {
        if series.count >= Self.capacity {
            let oldest = series.sorted { $0.value.lastSeen < $1.value.lastSeen }.prefix(Self.capacity / 4)
            for (key, _) in oldest { series[key] = nil }
        }
        if budgets.count >= Self.capacity {
            let full = Self.refill * Int(Self.burst)
            budgets = budgets.filter { now - $0.value.at < full }
            if budgets.count >= Self.capacity { budgets = [:] }
        }
    }
}
