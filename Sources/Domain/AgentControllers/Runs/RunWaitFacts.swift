// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding

/// What a change of the status means for the run's clock, as facts for the record: pure. Each wait has a key of its
/// own, made of the time that the clock had stood still before it, so that telling it twice is telling it once.
enum RunWaitFacts {
    /// A fact's type, its key, and its particulars.
    struct Fact: Equatable {
        var type: AuditEventType
        var key: String
        var payload: JSONValue
    }

    static func facts(before: AgentRunStatus?, after: AgentRunStatus) -> [Fact] {
        guard let attempt = before?.currentAttempt, attempt.startTime != nil, attempt.completionTime == nil else {
            return []
        }
        let paused = attempt.pausedSeconds ?? 0
        let key = String(paused)
        switch (before?.wait, after.wait) {
        case (nil, let wait?):
            var payload: JSONValue = ["state": .string(wait.state)]
            if let reason = wait.reason { payload["reason"] = .string(reason.bounded(to: 500)) }
            if let remaining = wait.remaining { payload["remaining_seconds"] = .integer(Int64(remaining)) }
            if let until = wait.until { payload["until"] = .string(until.description) }
            return [Fact(type: .waitPaused, key: key, payload: payload)]
        case (let wait?, nil):
            let now = after.attempts?.first { $0.number == attempt.number }?.pausedSeconds ?? paused
            return [
                Fact(
                    type: .waitResumed, key: key,
                    payload: ["state": .string(wait.state), "seconds": .integer(Int64(max(0, now - paused)))])
            ]
        case (nil, nil), (_?, _?): return []
        }
    }
}
