// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// What the broker tells under `/usage`: tokens of this attempt, and what the model makes it wait for.
///
/// As JSON it is the totals with one more member, `waiting`, which is absent while there is nothing to wait for.
struct BrokerUsage: Sendable, Equatable {
    var totals = AgentRunStatus.UsageStatus()
    var waiting: ProgressReport.Waiting?

    init(totals: AgentRunStatus.UsageStatus = .init(), waiting: ProgressReport.Waiting? = nil) {
        self.totals = totals
        self.waiting = waiting
    }

    /// nil when the text is none of the broker's.
    init?(_ json: JSONValue) {
        guard let totals = try? json.decode(AgentRunStatus.UsageStatus.self) else { return nil }
        self.totals = totals
        waiting = try? json["waiting"]?.decode(ProgressReport.Waiting.self)
    }

    /// The JSON.
    func json() throws -> JSONValue {
        guard case .object(var members) = try JSONValue(encoding: totals) else { return [:] }
        if let waiting { members["waiting"] = try JSONValue(encoding: waiting) }
        return .object(members)
    }
}
