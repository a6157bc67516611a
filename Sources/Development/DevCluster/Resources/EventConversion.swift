// SPDX-License-Identifier: MIT
import JSONCoding

/// Events have two forms, `v1` and `events.k8s.io/v1`, of one stored object; the older one is stored.
enum EventConversion {
    /// Newer name, older path.
    private static let members: [(new: String, old: String)] = [
        ("note", "message"), ("regarding", "involvedObject"), ("reportingController", "reportingComponent"),
        ("deprecatedSource", "source"), ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"),
    ]

    static func present(_ stored: JSONValue) -> JSONValue {
        rename(stored, to: "events.k8s.io/v1", pairs: members.map { ($0.old, $0.new) })
    }

    static func stored(_ object: JSONValue) -> JSONValue {
        rename(object, to: "v1", pairs: members.map { ($0.new, $0.old) })
    }

    private static func rename(_ object: JSONValue, to apiVersion: String, pairs: [(String, String)]) -> JSONValue {
        let names = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        var result: JSONObject = ["apiVersion": .string(apiVersion), "kind": "Event"]
        for (key, value) in object.objectValue ?? [:] where key != "apiVersion" && key != "kind" {
            result[names[key] ?? key] = value
        }
        return .object(result)
    }
}
