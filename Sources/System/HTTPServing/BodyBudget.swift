// SPDX-License-Identifier: MIT
import Synchronization

/// The bytes of request bodies that the whole server may hold at once.
///
/// Bytes count when they arrive, not when a header promises them: a promise costs nothing to make.
final class BodyBudget: Sendable {
    private let limit: Int
    private let held = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes `count` bytes, or nothing when they do not fit.
    func reserve(_ count: Int) -> Bool {
        held.withLock { held in
            guard held + count <= limit else { return false }
            held += count
            return true
        }
    }

    /// Gives back what was reserved.
    func release(_ count: Int) {
        guard count > 0 else { return }
        held.withLock { $0 -= count }
    }

    /// Whether `count` bytes would fit now.
    func hasRoom(for count: Int) -> Bool {
        held.withLock { $0 + count <= limit }
    }
}
