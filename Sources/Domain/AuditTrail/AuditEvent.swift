// SPDX-License-Identifier: MIT
import Cryptography
package import JSONCoding

/// Who did something.
package struct AuditActor: Sendable, Hashable {
    /// What kind of actor it is.
    package enum Kind: String, Sendable, Hashable { case human, agent, system }
    /// What kind of actor it is.
    package var kind: Kind
    /// A login, an agent's key, or a component's name.
    package var id: String

    /// Names an actor.
    package init(kind: Kind, id: String) {
        self.kind = kind
        self.id = id
    }

    /// The controller itself.
    package static let controller = AuditActor(kind: .system, id: "codex-k8s")
}

/// One fact for the record: append-only, with an id made of what it is about, so that recording it twice is once.
package struct AuditEvent: Sendable, Hashable {
    /// UUIDv5 of (run uid, attempt, type, key).
    package let id: String
    /// Joins everything that one cause led to.
    package let correlationID: String
    /// The run's uid; that of the place for facts about a place that no run holds.
    package let runUID: String
    /// The run's attempt, from 1.
    package let attempt: Int
    /// What kind of fact it is.
    package let type: AuditEventType
    /// Tells facts of one type of one attempt apart; empty where there can be but one.
    package let key: String
    /// Who did it.
    package let actor: AuditActor
    /// Bounded, without secrets.
    package let payload: JSONValue

    /// The namespace of the ids: any fixed value will do, it only has to stay the same.
    private static let identifierNamespace: [UInt8] = [
        0xC0, 0xDE, 0xC5, 0x88, 0x5A, 0x0D, 0x5F, 0x10, 0x8E, 0x57, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
    ]

    /// States a fact; its id follows from run, attempt, type and key alone.
    package init(
        correlationID: String, runUID: String, attempt: Int, type: AuditEventType, key: String = "", actor: AuditActor,
        payload: JSONValue = [:]
    ) {
        self.correlationID = correlationID
        self.runUID = runUID
        self.attempt = attempt
        self.type = type
        self.key = key
        self.actor = actor
        self.payload = payload
        id = uuidVersion5(
            namespace: Self.identifierNamespace, name: Array("\(runUID)|\(attempt)|\(type.rawValue)|\(key)".utf8))
    }
}
