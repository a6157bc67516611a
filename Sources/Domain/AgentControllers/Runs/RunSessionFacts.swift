// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding

/// What a pod's message says of the agent's session, as facts for the record: pure.
enum RunSessionFacts {
    /// A fact's type and particulars.
    struct Fact: Equatable {
        var type: AuditEventType
        var payload: JSONValue
    }

    /// - Parameter session: the session as the status has it, for a message that does not name it.
    static func facts(_ message: RunResultMessage?, session known: String?) -> [Fact] {
        guard let message else { return [] }
        let session: JSONValue? = (message.sessionID ?? known).map { .string(RunLedger.bounded($0, to: 128)) }
        func fact(_ type: AuditEventType, _ more: [String: JSONValue]) -> Fact {
            var payload: JSONValue = [:]
            payload["session"] = session
            for (key, value) in more { payload[key] = value }
            return Fact(type: type, payload: payload)
        }
        func problem(_ text: String) -> JSONValue { .string(RunLedger.bounded(text, to: 500)) }
        var facts: [Fact] = []
        if let why = message.resumeProblem {
            facts.append(fact(.agentSessionRestored, ["outcome": "failed", "problem": problem(why)]))
        } else if message.sessionResumed == true {
            facts.append(fact(.agentSessionRestored, ["outcome": "restored"]))
        }
        if message.sessionResumed == true { facts.append(fact(.agentResumeUsed, [:])) }
        if message.sessionBytes != nil || message.sessionProblem != nil {
            var saved: [String: JSONValue] = [
                "outcome": message.sessionProblem == nil ? "saved" : message.sessionBytes == nil ? "failed" : "outdated"
            ]
            if let bytes = message.sessionBytes { saved["bytes"] = .integer(Int64(max(0, bytes))) }
            if let why = message.sessionProblem { saved["problem"] = problem(why) }
            facts.append(fact(.agentSessionSaved, saved))
        }
        return facts
    }
}
