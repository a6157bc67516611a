// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPServing
import HTTPTypes
import JSONCoding
import Synchronization
import SystemCalls

/// What the model cost so far and what it makes the run wait for; the part `usage` of the broker.
final class ModelMeter: BrokerPart {
    private struct State {
        var totals = AgentRunStatus.UsageStatus()
        /// What requests wait for now, by their numbers.
        var waits: [Int: ProgressReport.Waiting] = [:]
        var lastRequest = 0
    }

    private let state = Mutex(State())
    /// Where the totals are kept for a broker that is started again; nil keeps them nowhere.
    private let file: String?

    /// Goes on from what the file holds.
    init(file: String? = nil) {
        self.file = file
        guard let file, let bytes = try? Files.readBytes(file, limit: 64 << 10),
            let json = try? JSONValue.parse(bytes), let known = BrokerUsage(json)
        else { return }
        state.withLock { $0.totals = known.totals }
    }

    /// The totals and the longest wait as they are now.
    var usage: BrokerUsage {
        state.withLock { state in
            let waiting = state.waits.values.max { ($0.until ?? 0) < ($1.until ?? 0) }
            return BrokerUsage(totals: state.totals, waiting: waiting)
        }
    }

    /// Adds what one answer used.
    func add(_ usage: AgentRunStatus.UsageStatus) {
        state.withLock { state in
            state.totals = state.totals + usage
            // Within the lock, so that an older sum never replaces a newer one. A file that cannot be written costs the
            // count of this attempt if the broker should die, and nothing else.
            guard let file, let json = try? BrokerUsage(totals: state.totals).json() else { return }
            try? Files.writeAtomically(file, json.encoded(), mode: 0o644, durable: false)
        }
    }

    /// A number for a request that may have to wait: an agent may ask several things at once.
    func request() -> Int {
        state.withLock { state in
            state.lastRequest += 1
            return state.lastRequest
        }
    }

    /// Notes that the model asked this request to wait; nil when it works again.
    func wait(_ waiting: ProgressReport.Waiting?, request: Int) { state.withLock { $0.waits[request] = waiting } }

    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse {
        guard request.method == .get, path.isEmpty, let json = try? usage.json() else {
            return .text("not found\n", status: .notFound)
        }
        return .json(json)
    }
}
