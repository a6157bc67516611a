// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
import ServiceRuntime
import Synchronization

/// Keeps whoever tries tokens from making us ask the API server about each of them.
///
/// A question costs the API server a look at its keys and our client a place in line, and reaching us costs a pod
/// nothing. So an address whose tokens were refused too often is answered without asking, for a while. A token that was
/// good not long ago is asked about all the same: behind a proxy or a mesh many pods have one address, and who tries
/// tokens must not keep out those that work.
final class RefusalLimit: Sendable {
    /// How many refusals an address may have in a window.
    static let most = 30
    /// How long refusals are remembered.
    static let window = Duration.seconds(60)
    /// How long a token that was good is asked about whatever its address did.
    static let trust = Duration.seconds(600)
    /// How many addresses, and how many good tokens, are remembered.
    static let capacity = 4096

    private struct Entry {
        var count: Int
        var until: Timestamp
    }

    private let clock: WallClock
    private let entries = Mutex<[String: Entry]>([:])
    /// Digests of good tokens, and until when they are trusted.
    private let good = Mutex<[[UInt8]: Timestamp]>([:])

    init(clock: WallClock = .system) { self.clock = clock }

    /// How long the address has to wait until somebody is asked about its token; nil when it need not.
    func wait(_ address: String, _ token: Secret<String>) -> Duration? {
        let now = clock.now()
        let until = entries.withLock { entries -> Timestamp? in
            guard let entry = entries[address], entry.count >= Self.most, entry.until > now else { return nil }
            return entry.until
        }
        guard let until else { return nil }
        let key = SHA256.digest(token.reveal())
        if let trusted = good.withLock({ $0[key] }), trusted > now { return nil }
        return until.since(now)
    }

    /// Notes that a token was good.
    func noteGood(_ token: Secret<String>) {
        let (now, key) = (clock.now(), SHA256.digest(token.reveal()))
        good.withLock { good in
            if good[key] == nil, good.count >= Self.capacity { good = good.filter { $0.value > now } }
            if good[key] == nil, good.count >= Self.capacity { good.removeAll(keepingCapacity: true) }
            good[key] = now.adding(Self.trust)
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
