// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPServing
import HTTPTypes
import JSONCoding
import Synchronization
import SystemCalls

/// What the model cost so far and what it makes the run wait for; the part `usage` of the broker.
final class ModelMeter: BrokerPart {
    private let state: Mutex<BrokerUsage>
    /// Where the totals are kept for a broker that is started again; nil keeps them nowhere.
    private let file: String?

    /// Goes on from what the file holds.
    init(file: String? = nil) {
        self.file = file
        var usage = BrokerUsage()
        if let file, let bytes = try? Files.readBytes(file, limit: 64 << 10), let json = try? JSONValue.parse(bytes),
            let known = BrokerUsage(json)
        {
            usage.totals = known.totals
        }
        state = Mutex(usage)
    }

    /// The totals and the wait as they are now.
    var usage: BrokerUsage { state.withLock { $0 } }

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

    /// Notes that the model asked to wait; nil when it works again.
    func wait(_ waiting: ProgressReport.Waiting?) { state.withLock { $0.waiting = waiting } }

    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse {
        guard request.method == .get, path.isEmpty, let json = try? usage.json() else {
            return .text("not found\n", status: .notFound)
        }
        return .json(json)
    }
}
