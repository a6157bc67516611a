// SPDX-License-Identifier: MIT
import JSONCoding
import ServiceRuntime
import Synchronization

/// Keeps whoever tries tokens from making us ask the API server about each of them.
///
/// A question costs the API server a look at its keys and our client a place in line, and reaching us costs a pod
/// nothing. So an address whose tokens were refused too often is answered without asking, for a while. Pods have
/// addresses of their own: who does so harms its own run.
final class RefusalLimit: Sendable {
    /// How many refusals an address may have in a window.
    static let most = 30
    /// How long refusals are remembered.
    static let window = Duration.seconds(60)
    /// How many addresses are remembered.
    static let capacity = 4096

    private struct Entry {
        var count: Int
        var until: Timestamp
    }

    private let clock: WallClock
    private let entries = Mutex<[String: Entry]>([:])

    init(clock: WallClock = .system) { self.clock = clock }

    /// How long the address has to wait until somebody is asked for it again; nil when it need not.
    func wait(_ address: String) -> Duration? {
        let now = clock.now()
        return entries.withLock { entries in
            guard let entry = entries[address], entry.count >= Self.most, entry.until > now else { return nil }
            return entry.until.since(now)
        }
    }

    /// Notes that a token of the address was refused.
    func note(_ address: String) {
        let now = clock.now()
        entries.withLock { entries in
            if var entry = entries[address], entry.until > now {
                entry.count += 1
                entries[address] = entry
                return
            }
            if entries.count >= Self.capacity { entries = entries.filter { $0.value.until > now } }
            if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
            entries[address] = Entry(count: 1, until: now.adding(Self.window))
        }
    }
}
