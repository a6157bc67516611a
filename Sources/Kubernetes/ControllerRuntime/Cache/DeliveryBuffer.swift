// SPDX-License-Identifier: MIT
import KubernetesAPI

/// What one handler has not been told yet, in order. Pure.
///
/// Up to a limit every change is kept as it came. Beyond it, changes of one object are drawn together into one from the
/// first old state to the last new one: a handler that is slow while much happens costs memory by the number of
/// objects, not by that of events. A creation and the end after it become the end: that something is gone must be told
/// even to whoever never knew it was there.
struct DeliveryBuffer<Object: KubernetesObject>: Sendable {
    typealias Change = StoreChange<Object>

    private let limit: Int
    private var changes: [Change] = []
    /// Where each object's last change is; known from the limit on.
    private var positions: [ObjectKey: Int] = [:]

    init(limit: Int = 1024) { self.limit = limit }

    var count: Int { changes.count }

    mutating func add(_ change: Change) {
        guard changes.count >= limit else {
            changes.append(change)
            return
        }
        if positions.isEmpty {
            for (position, known) in changes.enumerated() { positions[known.object.key] = position }
        }
        let key = change.object.key
        if let position = positions[key] {
            changes[position] = Self.together(changes[position], change)
        } else {
            positions[key] = changes.count
            changes.append(change)
        }
    }

    /// Takes everything out.
    mutating func takeAll() -> [Change] {
        defer {
            changes = []
            positions = [:]
        }
        return changes
    }

    private static func together(_ first: Change, _ second: Change) -> Change {
        switch (first, second) {
        case (.added, .updated(_, let new)): .added(new, isInInitialList: false)
        case (.updated(let old, _), .updated(_, let new)), (.updated(let old, _), .added(let new, _)):
            .updated(old: old, new: new)
        case (.deleted(let old, _), .added(let new, _)), (.deleted(let old, _), .updated(_, let new)):
            .updated(old: old, new: new)
        case (.added, .added), (_, .deleted): second
        }
    }
}
