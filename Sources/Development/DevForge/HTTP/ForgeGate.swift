// SPDX-License-Identifier: MIT
import JSONCoding
import Synchronization

/// A fault that the stand-in plays on requests of a kind.
struct ForgeFault: Sendable {
    /// Requests whose kind (`METHOD PATTERN`) contains this text; empty takes all.
    var match: String
    /// How many requests it takes.
    var remaining: Int
    /// The status answered; nil only delays.
    var status: Int?
    var message: String
    var retryAfter: Int?
    /// Milliseconds before the request is looked at.
    var delay: Int
    /// The request takes effect and only its answer is lost.
    var afterEffect: Bool
}

/// What stands before the endpoints: played faults, the log of requests, the hourly limit.
///
/// Nothing of it is kept over a restart.
final class ForgeGate: Sendable {
    /// A request as tests see it.
    struct Entry: Sendable {
        var kind: String
        var path: String
        var status: Int
        var actor: String
    }

    private static let keptEntries = 5000

    private struct State {
        var faults: [ForgeFault] = []
        var entries: [Entry] = []
        var total = 0
        var windows: [String: Window] = [:]
        var limit: Int
    }

    private struct Window {
        var resetsAt: Timestamp
        var used: Int
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Timestamp

    init(limit: Int, now: @escaping @Sendable () -> Timestamp) {
        state = Mutex(State(limit: limit))
        self.now = now
    }

    // MARK: Faults

    func add(_ fault: ForgeFault) { state.withLock { $0.faults.append(fault) } }

    func clearFaults() { state.withLock { $0.faults = [] } }

    /// Takes the first fault that fits the request.
    func fault(for kind: String) -> ForgeFault? {
        state.withLock { state in
            let index = state.faults.firstIndex { $0.remaining > 0 && ($0.match.isEmpty || kind.contains($0.match)) }
            guard let index else { return nil }
            state.faults[index].remaining -= 1
            let fault = state.faults[index]
            if fault.remaining == 0 { state.faults.remove(at: index) }
            return fault
        }
    }

    // MARK: Log

    func record(_ entry: Entry) {
        state.withLock { state in
            state.total += 1
            if state.entries.count >= Self.keptEntries { state.entries.removeFirst(Self.keptEntries / 10) }
            state.entries.append(entry)
        }
    }

    func clearLog() { state.withLock { $0.entries = [] } }

    func entries(matching text: String?) -> [Entry] {
        state.withLock { state in
            guard let text else { return state.entries }
            return state.entries.filter { $0.kind.contains(text) }
        }
    }

    // MARK: Limits

    /// How a request stands to the hourly limit of its actor.
    struct Allowance: Sendable {
        var limit: Int
        var used: Int
        var resetsAt: Timestamp

        var remaining: Int { max(0, limit - used) }
        var isExceeded: Bool { used > limit }
    }

    func setLimit(_ limit: Int) { state.withLock { $0.limit = limit } }

    /// Counts one request against the actor's hour.
    func count(_ actor: String) -> Allowance {
        let now = now()
        return state.withLock { state in
            var window = state.windows[actor] ?? Window(resetsAt: now.adding(.seconds(3600)), used: 0)
            if window.resetsAt <= now { window = Window(resetsAt: now.adding(.seconds(3600)), used: 0) }
            window.used += 1
            state.windows[actor] = window
            return Allowance(limit: state.limit, used: window.used, resetsAt: window.resetsAt)
        }
    }

    /// `GET /rate_limit`, which costs nothing.
    func rateLimit(of actor: ForgeActor) -> JSONValue {
        let now = now()
        let core: JSONValue = state.withLock { state in
            let window = state.windows[actor.user.login] ?? Window(resetsAt: now.adding(.seconds(3600)), used: 0)
            return [
                "limit": .integer(Int64(state.limit)), "used": .integer(Int64(window.used)),
                "remaining": .integer(Int64(max(0, state.limit - window.used))),
                "reset": .integer(window.resetsAt.microseconds / 1_000_000),
            ]
        }
        return ["resources": ["core": core], "rate": core]
    }
}
