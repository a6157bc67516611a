// SPDX-License-Identifier: MIT
import JSONCoding
import ServiceRuntime

/// Renders objects as the rows that `kubectl get` prints (meta.k8s.io/v1 Table).
struct TableRenderer: Sendable {
    let clock: WallClock

    /// One column of a kind.
    struct Column: Sendable {
        var name: String
        var type = "string"
        var format = ""
        var description = ""
        /// 0 is always shown, more only with `-o wide`.
        var priority: Int64 = 0
        var cell: @Sendable (JSONValue, Timestamp) -> JSONValue

        init(
            _ name: String, type: String = "string", format: String = "", wide: Bool = false,
            _ cell: @escaping @Sendable (JSONValue, Timestamp) -> JSONValue
        ) {
            self.name = name
            self.type = type
            self.format = format
            priority = wide ? 1 : 0
            self.cell = cell
        }
    }

    /// A table of the objects.
    ///
    /// - Parameter includeObject: `None`, `Metadata` or `Object`: what rides along with each row.
    func table(
        _ objects: [JSONValue], resource: ServedResource, listMeta: JSONValue, includeObject: String
    ) -> JSONValue {
        let isScale = objects.first?["kind"] == "Scale"
        let columns = isScale ? TableColumns.scale : TableColumns.columns(of: resource)
        let now = clock.now()
        let definitions = columns.map { column -> JSONValue in
            [
                "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                "description": .string(column.description), "priority": .integer(column.priority),
            ]
        }
        let rows = objects.map { object -> JSONValue in
            var row: JSONObject = ["cells": .array(columns.map { $0.cell(object, now) })]
            switch includeObject {
            case "None": break
            case "Object": row["object"] = object
            default: row["object"] = ResponseFormat.partial(object)
            }
            return .object(row)
        }
        return [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": listMeta,
            "columnDefinitions": .array(definitions), "rows": .array(rows),
        ]
    }

    /// How long ago something was, as kubectl writes it: `17s`, `4m30s`, `3h`, `2d5h`, `40d`.
    static func age(_ then: Timestamp, now: Timestamp) -> String {
        let seconds = max(0, (now.microseconds - then.microseconds) / 1_000_000)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
        func two(_ first: String, _ rest: Int64, _ unit: String) -> String {
            rest == 0 ? first : "\(first)\(rest)\(unit)"
        }
        if seconds < 120 { return "\(seconds)s" }
        if minutes < 10 { return two("\(minutes)m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        if hours < 8 { return two("\(hours)h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        if days < 8 { return two("\(days)d", hours % 24, "h") }
        if days < 730 { return "\(days)d" }
        if days < 2920 { return two("\(days / 365)y", days % 365, "d") }
        return "\(days / 365)y"
    }

    /// The age of a time in an object, or `<unknown>`.
    static func age(_ value: JSONValue?, now: Timestamp) -> String {
        guard let then = value?.stringValue.flatMap({ Timestamp($0) }) else { return "<unknown>" }
        return age(then, now: now)
    }
}
