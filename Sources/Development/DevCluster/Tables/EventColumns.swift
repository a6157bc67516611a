// SPDX-License-Identifier: MIT
import JSONCoding
import ServiceRuntime

/// The columns of events, whose names say nothing and come last.
enum EventColumns {
    typealias Column = TableRenderer.Column

    static let columns: [Column] = [
        Column("Last Seen") { object, now in .string(lastSeen(object, now)) },
        Column("Type") { object, _ in .string(TableColumns.text(object["type"])) },
        Column("Reason") { object, _ in .string(TableColumns.text(object["reason"])) },
        Column("Object") { object, _ in
            let kind = TableColumns.text(about(object)?["kind"]).lowercased()
            let name = TableColumns.text(about(object)?["name"])
            return .string(name.isEmpty ? kind : "\(kind)/\(name)")
        },
        Column("Subobject", wide: true) { object, _ in .string(TableColumns.text(about(object)?["fieldPath"])) },
        Column("Source", wide: true) { object, _ in
            let source = object["source"] ?? object["deprecatedSource"]
            let parts = [source?["component"], source?["host"]].map { TableColumns.text($0) }
            return .string(parts.filter { !$0.isEmpty }.joined(separator: ", "))
        },
        Column("Message") { object, _ in .string(TableColumns.text(object["message"] ?? object["note"])) },
        Column("First Seen", wide: true) { object, now in .string(firstSeen(object, now)) },
        Column("Count", type: "integer", wide: true) { object, _ in
            let count = object.at("series", "count") ?? object["count"] ?? object["deprecatedCount"]
            return .integer(max(1, count?.integerValue ?? 1))
        },
        Column("Name", format: "name", wide: true) { object, _ in .string(object.name) },
    ]

    private static func about(_ object: JSONValue) -> JSONValue? { object["involvedObject"] ?? object["regarding"] }

    private static func firstSeen(_ object: JSONValue, _ now: Timestamp) -> String {
        let first = object["firstTimestamp"] ?? object["deprecatedFirstTimestamp"]
        return TableRenderer.age(first?.stringValue == nil ? object["eventTime"] : first, now: now)
    }

    private static func lastSeen(_ object: JSONValue, _ now: Timestamp) -> String {
        if let seen = object.at("series", "lastObservedTime") { return TableRenderer.age(seen, now: now) }
        let last = object["lastTimestamp"] ?? object["deprecatedLastTimestamp"]
        return last?.stringValue == nil ? firstSeen(object, now) : TableRenderer.age(last, now: now)
    }
}
