// SPDX-License-Identifier: MIT

/// The labels of one time series, already escaped and sorted.
struct MetricLabels: Hashable {
    /// `a="b",c="d"`, empty without labels.
    let text: String

    init(_ labels: [String: String]) {
        text = labels.sorted { $0.key < $1.key }
            .map { name, value in
                precondition(Self.isName(name), "\(name) is not a label name")
                return "\(name)=\"\(Self.escapedValue(value))\""
            }
            .joined(separator: ",")
    }

    /// The labels as they stand behind a name.
    var braced: String { text.isEmpty ? "" : "{\(text)}" }

    /// The same with one more label, the bucket bound of a histogram.
    func braced(adding name: String, _ value: String) -> String {
        "{\(text)\(text.isEmpty ? "" : ",")\(name)=\"\(value)\"}"
    }

    /// Whether a name has only the characters that both metric and label names allow.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }

    /// Backslash, quote and newline are escaped in a label's value.
    private static func escapedValue(_ value: String) -> String {
        escaped(value) { $0 == "\"" ? "\\\"" : nil }
    }

    /// Backslash and newline are escaped in a help text.
    static func escapedHelp(_ help: String) -> String {
        escaped(help) { _ in nil }
    }

    private static func escaped(_ text: String, _ special: (Character) -> String?) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n", "\r\n": result += "\\n"
            default: result += special(character) ?? String(character)
            }
        }
        return result
    }
}
