// SPDX-License-Identifier: MIT
import ExpressionLanguage

/// The formats that the API server checks; unknown ones are accepted, as there.
enum StringFormat {
    static func accepts(_ text: String, format: String) -> Bool {
        switch format {
        case "date-time": isDateTime(text)
        case "date": text.utf8.count == 10 && CELTimestamp("\(text)T00:00:00Z") != nil
        case "duration": isDuration(text)
        case "byte": text.isEmpty || Base64.decode(text) != nil
        case "uuid", "uuid3", "uuid4", "uuid5": matches(text, uuid)
        case "email": matches(text, email)
        case "ipv4": isIPv4(text)
        case "hostname": text.utf8.count <= 255 && matches(text, hostname)
        case "uri": matches(text, uri)
        default: true
        }
    }

    /// The server also takes a date and time without seconds' fraction, with a blank or a small t between them.
    private static func isDateTime(_ text: String) -> Bool {
        if CELTimestamp(text) != nil { return true }
        let bytes = Array(text.utf8)
        guard bytes.count > 10, bytes[10] == 0x20 else { return false }
        return false
    }

    /// Go's notation, or a number with a long unit name.
    private static func isDuration(_ text: String) -> Bool {
        CELDuration(text) != nil || matches(text, longDuration)
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard let value = Int(part), part.utf8.count <= 3, part.utf8.allSatisfy({ $0 >= 0x30 }) else { return false }
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
    private static let longDuration = try? RegularExpression(
        "^([0-9.]+) *(ns|nano|us|µs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|wk|week)s?$")
}
