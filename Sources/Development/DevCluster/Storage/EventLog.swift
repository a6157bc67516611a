// SPDX-License-Identifier: MIT

/// The recent changes of one bucket (or of all), in order, with a known beginning.
///
/// Watchers keep a revision and read on from there, so that a thousand watchers share one copy of each event and a slow
/// one costs nothing: it falls out of the window and is told so.
struct EventLog: Sendable {
    /// Events after this revision are complete; at or before it, some are gone.
    private(set) var startRevision: UInt64
    private var events: [StoreEvent] = []
    private let limit: Int

    init(startRevision: UInt64, limit: Int) {
        self.startRevision = startRevision
        self.limit = limit
    }

    mutating func append(_ event: StoreEvent) {
        events.append(event)
        // Dropping in halves keeps the cost of an append constant on average.
        if events.count >= 2 * limit {
            startRevision = events[events.count - limit - 1].revision
            events.removeFirst(events.count - limit)
        }
    }

    /// Forgets everything up to a revision, which a watcher of an earlier one learns.
    mutating func forget(upTo revision: UInt64) {
        guard revision > startRevision else { return }
        startRevision = revision
        events.removeAll { $0.revision <= revision }
    }

    /// The revision of the newest event, or where the log begins.
    var lastRevision: UInt64 { events.last?.revision ?? startRevision }

    /// The events after a revision, oldest first, at most `maximum`; nil when some of them are gone.
    func events(after revision: UInt64, maximum: Int) -> ArraySlice<StoreEvent>? {
        guard revision >= startRevision else { return nil }
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].revision > revision { high = middle } else { low = middle + 1 }
        }
        return events[low..<low + min(events.count - low, maximum)]
    }
}
