// SPDX-License-Identifier: MIT
package import AgentAPI
import Cryptography

/// What one pod of an attempt used of one model in one session.
package struct TokenUsage: Sendable, Hashable {
    /// The run; it must be in history.
    package var runUID: String
    /// The attempt, from 1.
    package var attempt: Int
    /// How often the attempt had gone on in a new pod before this one.
    package var resumption: Int
    /// The agent's session; empty where it had none.
    package var sessionID: String
    /// The model.
    package var model: String
    /// The pod's totals.
    package var tokens: AgentRunStatus.UsageStatus
    /// Tells the pods apart that a Job had one after the other; empty for the last one.
    package var pod: String

    /// Describes a use.
    package init(
        runUID: String, attempt: Int, resumption: Int = 0, sessionID: String, model: String,
        tokens: AgentRunStatus.UsageStatus, pod: String = ""
    ) {
        self.runUID = runUID
        self.attempt = attempt
        self.resumption = resumption
        self.sessionID = sessionID
        self.model = model
        self.tokens = tokens
        self.pod = pod
    }

    /// The namespace of the ids: any fixed value will do, it only has to stay the same.
    private static let identifierNamespace: [UInt8] = [
        0xC0, 0xDE, 0xC5, 0x88, 0x5A, 0x0D, 0x5F, 0x10, 0x8E, 0x57, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
    ]

    /// UUIDv5 of (run, attempt, resumption, pod, session, model): reporting twice is reporting once.
    package var id: String {
        let job = (resumption > 0 ? "\(attempt).\(resumption)" : "\(attempt)") + (pod.isEmpty ? "" : "/\(pod)")
        return uuidVersion5(
            namespace: Self.identifierNamespace, name: Array("\(runUID)|\(job)|\(sessionID)|\(model)".utf8))
    }
}

/// What runs used, for ever.
package protocol UsageStore: Sendable {
    /// Records a use; one that is there already is passed over, whatever it says.
    func record(_ usage: TokenUsage) async throws(AuditError)
}
