// SPDX-License-Identifier: MIT

/// How urgent a key is.
package enum WorkPriority: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// What was there at the start: worth a look, not at once.
    case low = -100
    /// Something happened.
    case normal = 0

    /// Less urgent comes first.
    package static func < (left: WorkPriority, right: WorkPriority) -> Bool { left.rawValue < right.rawValue }
}

/// A key that a worker was given.
package struct WorkItem<Key: Hashable & Sendable>: Sendable {
    /// What to work on.
    package var key: Key
    /// How urgent it was; what the work adds again for itself is as urgent.
    package var priority: WorkPriority
    /// Why the key is worked on, for people: the first of the reasons since the last time. Two adds with different
    /// reasons are one piece of work all the same.
    package var reason: String
    /// How long the key was in line.
    package var waited: Duration
}
