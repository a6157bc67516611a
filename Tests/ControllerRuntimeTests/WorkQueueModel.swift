// SPDX-License-Identifier: MIT

@testable import ControllerRuntime

/// A work queue that is too simple to be wrong, and too slow to be used: lists that are searched from end to end.
struct WorkQueueModel {
    struct Pending {
        var key: Int
        var priority: WorkPriority
        /// Nil when it is needed now.
        var due: Duration?
        /// Its place in line; nil while the key is processed or not due.
        var rank: Duration?
        var number = 0
    }

    let handicap: Duration
    var pending: [Pending] = []
    /// The keys that are processed, with the priority.
    var processing: [Int: WorkPriority] = [:]
    private var lastNumber = 0

    init(handicap: Duration) { self.handicap = handicap }

    var keyCount: Int { Set(pending.map(\.key)).union(processing.keys).count }
    var nextDue: Duration? { pending.compactMap(\.due).min() }
    func depth(_ priority: WorkPriority) -> Int { pending.count { $0.due == nil && $0.priority == priority } }

    mutating func add(_ key: Int, _ priority: WorkPriority?, _ now: Duration) -> Bool {
        if let index = pending.firstIndex(where: { $0.key == key && $0.due == nil }) {
            raise(index, priority, now)
            return false
        }
        var wanted = priority ?? processing[key] ?? .normal
        if let index = pending.firstIndex(where: { $0.key == key }) {
            wanted = max(wanted, pending.remove(at: index).priority)
        }
        ready(Pending(key: key, priority: wanted), now)
        return true
    }

    mutating func add(_ key: Int, after delay: Duration, _ priority: WorkPriority?, _ now: Duration) {
        if delay <= .zero {
            _ = add(key, priority, now)
        } else if let index = pending.firstIndex(where: { $0.key == key }) {
            guard let due = pending[index].due else { return raise(index, priority, now) }
            pending[index].due = min(due, now + delay)
            pending[index].priority = max(pending[index].priority, priority ?? processing[key] ?? .normal)
        } else {
            lastNumber += 1
            pending.append(
                Pending(
                    key: key, priority: priority ?? processing[key] ?? .normal, due: now + delay, number: lastNumber))
        }
    }

    mutating func promote(_ now: Duration) -> Int {
        var count = 0
        while let due = nextDue, due <= now,
            let next = pending.filter({ $0.due == due }).min(by: { $0.number < $1.number })
        {
            pending.removeAll { $0.key == next.key }
            ready(Pending(key: next.key, priority: next.priority), due)
            count += 1
        }
        return count
    }

    mutating func take(_ now: Duration) -> Pending? {
        let line = pending.compactMap { entry in entry.rank.map { (entry, $0) } }
        guard let first = line.min(by: { ($0.1, $0.0.number) < ($1.1, $1.0.number) })?.0 else { return nil }
        pending.removeAll { $0.key == first.key }
        processing[first.key] = first.priority
        return first
    }

    mutating func done(_ key: Int, _ now: Duration) {
        processing[key] = nil
        guard let index = pending.firstIndex(where: { $0.key == key && $0.due == nil }) else { return }
        ready(pending.remove(at: index), now)
    }

    private mutating func ready(_ entry: Pending, _ time: Duration) {
        var entry = entry
        lastNumber += 1
        entry.due = nil
        entry.number = lastNumber
        entry.rank = processing[entry.key] == nil ? time + (entry.priority == .low ? handicap : .zero) : nil
        pending.append(entry)
    }

    private mutating func raise(_ index: Int, _ priority: WorkPriority?, _ now: Duration) {
        guard let priority, priority > pending[index].priority else { return }
        pending[index].priority = priority
        pending[index].rank = pending[index].rank.map { min($0, now) }
    }
}
