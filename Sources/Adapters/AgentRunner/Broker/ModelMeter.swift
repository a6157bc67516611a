// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPServing
import HTTPTypes
import Synchronization

/// What the model cost so far and what it makes the run wait for; the part `usage` of the broker.
final class ModelMeter: BrokerPart {
    private let state = Mutex(BrokerUsage())

    /// The totals and the wait as they are now.
    var usage: BrokerUsage { state.withLock { $0 } }

    /// Adds what one answer used.
    func add(_ usage: AgentRunStatus.UsageStatus) { state.withLock { $0.totals = $0.totals + usage } }

    /// Notes that the model asked to wait; nil when it works again.
    func wait(_ waiting: ProgressReport.Waiting?) { state.withLock { $0.waiting = waiting } }

    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse {
        guard request.method == .get, path.isEmpty, let json = try? usage.json() else {
            return .text("not found\n", status: .notFound)
        }
        return .json(json)
    }
}
