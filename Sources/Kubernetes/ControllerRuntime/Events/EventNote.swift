// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// What somebody wants to tell about an object.
package struct EventNote: Sendable, Hashable {
    /// What it is about.
    package var regarding: ObjectReference
    /// Another object that plays a part in it.
    package var related: ObjectReference?
    /// Whether somebody may have to do something.
    package var isWarning: Bool
    /// One word in CamelCase.
    package var reason: String
    /// What was done or tried, one word in CamelCase.
    package var action: String
    /// A sentence for people, at most 1 KiB.
    package var message: String

    /// What the server takes of a message, in bytes.
    static let maximumMessage = 1024

    /// A note; a longer message is cut.
    package init(
        regarding: ObjectReference, related: ObjectReference? = nil, isWarning: Bool = false, reason: String,
        action: String, message: String
    ) {
        self.regarding = regarding
        self.related = related
        self.isWarning = isWarning
        self.reason = reason
        self.action = action
        self.message = Self.cut(message)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumMessage else { return text }
        let mark = "…"
        var result = ""
        var size = mark.utf8.count
        for character in text {
            size += character.utf8.count
            if size > maximumMessage { break }
            result.append(character)
        }
        return result + mark
    }
}
