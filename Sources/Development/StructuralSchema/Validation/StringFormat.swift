// SPDX-License-Identifier: MIT
import ExpressionLanguage

/// The formats that the API server checks; unknown ones are accepted, as there.
enum StringFormat {
    static func accepts(_ text: String, format: String) -> Bool {
        switch format {
        case "date-time": CELTimestamp(text) != nil
        case "date": text.utf8.count == 10 && CELTimestamp("\(text)T00:00:00Z") != nil
        case "duration": duration(text) != nil
        case "byte": text.isEmpty || Base64.decode(text) != nil
        case "uuid", "uuid3", "uuid4", "uuid5": matches(text, uuid)
        case "email": matches(text, email)
        case "ipv4": isIPv4(text)
        case "hostname": text.utf8.count <= 255 && matches(text, hostname)
        case "uri": matches(text, uri)
        default: true
        }
    }

    /// Go's notation, or numbers with units up to weeks, such as `1 day`.
    static func duration(_ text: String) -> CELDuration? {
        if let duration = CELDuration(text) { return duration }
        var total: Int64 = 0
        var rest = Substring(text)
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...].drop { $0 == " " }
            let name = rest.prefix { $0.isLetter }
            rest = rest[name.endIndex...].drop { $0 == " " }
            guard let count = Int64(digits), let unit = units[name.lowercased()] else { return nil }
            let (part, overflow) = count.multipliedReportingOverflow(by: unit)
            let (sum, sumOverflow) = total.addingReportingOverflow(part)
            guard !overflow, !sumOverflow else { return nil }
            total = sum
        }
        return text.isEmpty ? nil : CELDuration(nanoseconds: total)
    }

    private static let units: [String: Int64] = {
        let names: [(Int64, [String])] = [
            (1, ["ns", "nano", "nanosecond", "nanoseconds"]), (1_000, ["us", "µs", "micro", "microsecond"]),
            (1_000_000, ["ms", "milli", "millis", "millisecond", "milliseconds"]),
            (1_000_000_000, ["s", "sec", "secs", "second", "seconds"]),
            (60_000_000_000, ["m", "min", "mins", "minute", "minutes"]),
            (3_600_000_000_000, ["h", "hr", "hrs", "hour", "hours"]), (86_400_000_000_000, ["d", "day", "days"]),
            (604_800_000_000_000, ["w", "wk", "week", "weeks"]),
        ]
        var units: [String: Int64] = [:]
        for (length, words) in names { for word in words { units[word] = length } }
        return units
    }()

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard let value = Int(part), part.utf8.count <= 3, part.utf8.allSatisfy({ $0 >= 0x30 }) else {
                    return false
                }
                return value <= 255 && (part == "0" || !part.hasPrefix("0"))
            }
    }

    private static func matches(_ text: String, _ expression: RegularExpression?) -> Bool {
        expression?.matches(text) ?? true
    }

    private static let uuid = try? RegularExpression(
        "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
    private static let email = try? RegularExpression("^[^@\\s]+@[^@\\s]+$")
    private static let hostname = try? RegularExpression(
        "^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)(\\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*\\.?$")
    private static let uri = try? RegularExpression("^(/|[A-Za-z][A-Za-z0-9+.-]*:)[^\\s]*$")
}
