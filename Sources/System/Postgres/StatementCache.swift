// SPDX-License-Identifier: MIT

/// Decides which statements of a connection are worth preparing.
///
/// The first use of a text is sent as it is; the second prepares it under a name, which saves the server its parsing
/// from then on. Both memories are bounded; the least recently used goes first.
struct StatementCache {
    enum Decision: Equatable {
        case direct
        /// Prepare under this name, after the evicted one was dropped.
        case prepare(name: String, evicting: String?)
        case prepared(name: String)
    }

    private struct Entry {
        var name: String?
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(capacity: Int = 128) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// What to do with a text that is about to be run.
    mutating func use(_ text: String) -> Decision {
        uses += 1
        if let entry = entries[text] {
            entries[text]?.lastUse = uses
            if let name = entry.name { return .prepared(name: name) }
            names += 1
            let name = "s\(names)"
            entries[text]?.name = name
            let prepared = entries.filter { $0.value.name != nil }
            guard prepared.count > capacity, let oldest = prepared.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return .prepare(name: name, evicting: nil) }
            entries[oldest.key] = nil
            return .prepare(name: name, evicting: oldest.value.name)
        }
        if entries.count >= capacity * 2,
            let oldest = entries.filter({ $0.value.name == nil }).min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
        }
        entries[text] = Entry(name: nil, lastUse: uses)
        return .direct
    }

    /// Forgets a text whose preparation failed or that the server no longer knows.
    mutating func forget(_ text: String) { entries[text] = nil }
}
