// SPDX-License-Identifier: MIT
package import JSONCoding

/// What a condition says. Absence of a condition reads as `.unknown`.
package enum ConditionStatus: OpenEnumeration {
    case `true`
    case `false`
    case unknown
    case other(String)

    /// The case for a string of the wire; `.other` for one that is not known.
    package init(_ text: String) {
        switch text {
        case "True": self = .true
        case "False": self = .false
        case "Unknown": self = .unknown
        default: self = .other(text)
        }
    }

    /// The string on the wire.
    package var text: String {
        switch self {
        case .true: "True"
        case .false: "False"
        case .unknown: "Unknown"
        case .other(let text): text
        }
    }
}

/// One aspect of an object's state, after the Kubernetes API conventions.
package struct Condition: JSONReadable, JSONWritable, Sendable, Hashable {
    /// What the condition is about, in CamelCase.
    package var type: String
    /// Whether it holds.
    package var status: ConditionStatus
    /// One word in CamelCase, for programs.
    package var reason: String
    /// A sentence, for people. Written even when empty, because schemas of `metav1.Condition` require it.
    package var message: String
    /// The generation of the object that this was decided from.
    package var observedGeneration: Int?
    /// When `status` last changed; not when it was last written.
    package var lastTransitionTime: Timestamp?

    /// A condition; `[Condition].set` puts the time in.
    package init(
        type: String, status: ConditionStatus, reason: String = "", message: String = "",
        observedGeneration: Int? = nil, lastTransitionTime: Timestamp? = nil
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.observedGeneration = observedGeneration
        self.lastTransitionTime = lastTransitionTime
    }

    /// Reads a condition; reason and message may be missing, as they are in conditions of built-in kinds.
    package init(node: JSONNode) throws {
        type = try node.require("type")
        status = try node.require("status")
        reason = try node.read("reason") ?? ""
        message = try node.read("message") ?? ""
        observedGeneration = try node.read("observedGeneration")
        lastTransitionTime = try node.read("lastTransitionTime")
    }

    /// The condition as it goes over the wire.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("type", type)
        object.put("status", status.text)
        object.put("reason", reason)
        object.put("message", message)
        object.put("observedGeneration", observedGeneration)
        object.put("lastTransitionTime", lastTransitionTime)
        return .object(object)
    }
}

extension [Condition] {
    /// The condition of this type.
    package subscript(_ type: String) -> Condition? {
        first { $0.type == type }
    }

    /// Whether the condition is there and true.
    package func isTrue(_ type: String) -> Bool {
        self[type]?.status == .true
    }

    /// Whether the condition is there and false.
    package func isFalse(_ type: String) -> Bool {
        self[type]?.status == .false
    }

    /// Puts the condition in place of that of its type, or at the end, and says whether anything changed.
    ///
    /// `lastTransitionTime` becomes `now` only when the status differs from what was there; otherwise it is kept, so
    /// that writing the same condition again changes nothing.
    @discardableResult
    package mutating func set(_ condition: Condition, now: Timestamp) -> Bool {
        var condition = condition
        let now = now.wholeSeconds
        guard let index = firstIndex(where: { $0.type == condition.type }) else {
            condition.lastTransitionTime = now
            append(condition)
            return true
        }
        let old = self[index]
        condition.lastTransitionTime = old.status == condition.status ? old.lastTransitionTime ?? now : now
        guard condition != old else { return false }
        self[index] = condition
        return true
    }

    /// Removes the condition of this type and says whether there was one.
    @discardableResult
    package mutating func remove(_ type: String) -> Bool {
        let before = count
        removeAll { $0.type == type }
        return count != before
    }
}
