// SPDX-License-Identifier: MIT

/// Why a key is looked at, in texts that are made once: events are many.
struct WatchReasons: Sendable {
    /// A time was over that a reconcile or a caller had asked for.
    static let timer = "time is over"
    /// The last try failed.
    static let retry = "last try failed"

    private static let eventPrefix = "event: "

    private let initial: String
    private let added: String
    private let updated: String
    private let deleted: String

    /// - Parameter source: what is watched, such as `jobs.batch`.
    init(_ source: String) {
        initial = "start: \(source)"
        added = "\(Self.eventPrefix)\(source) added"
        updated = "\(Self.eventPrefix)\(source) updated"
        deleted = "\(Self.eventPrefix)\(source) deleted"
    }

    func reason<Object>(_ delivery: ObjectDelivery<Object>) -> String {
        if delivery.isInInitialList { return initial }
        switch delivery.event {
        case .added: return added
        case .updated: return updated
        case .deleted: return deleted
        }
    }

    /// Whether something that happened to an object is the reason, and not the passing of time.
    static func isEvent(_ reason: String) -> Bool { reason.hasPrefix(eventPrefix) }
}
