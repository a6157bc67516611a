// SPDX-License-Identifier: MIT
import JSONCoding

/// How a record becomes a line.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for machines: `time`, `level`, `logger`, `message`, then the metadata by its keys.
    case json
    /// For people at a terminal: time, level, message, `key=value`.
    case text

    /// The line, newline included.
    package func line(_ record: LogRecord) -> [UInt8] {
        switch self {
        case .json: jsonLine(record)
        case .text: textLine(record)
        }
    }

    private static let fixedKeys: Set<String> = ["time", "level", "logger", "message"]

    private func jsonLine(_ record: LogRecord) -> [UInt8] {
        // Fixed keys first and metadata sorted: lines of one place in the program look alike.
        var line = "{\"time\":\"\(record.time.milliDescription)\",\"level\":\"\(record.level.name)\""
        line += ",\"logger\":\(quoted(record.label)),\"message\":\(quoted(record.message))"
        for (key, value) in record.metadata.sorted(by: { $0.key < $1.key }) {
            // A member must not be there twice: readers differ in which one they believe.
            line += ",\(quoted(Self.fixedKeys.contains(key) ? "metadata.\(key)" : key)):\(quoted(value))"
        }
        return Array((line + "}\n").utf8)
    }

    private func textLine(_ record: LogRecord) -> [UInt8] {
        let level = record.level.name.uppercased()
        var line = "\(record.time.milliDescription) \(level) \(record.label): \(record.message)"
        for (key, value) in record.metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(isPlain(value) ? value : quoted(value))"
        }
        return Array((line + "\n").utf8)
    }

    /// Whether a value can stand in a text line without quotes and without being mistaken for something else.
    private func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && !(0x7F...0x9F).contains(scalar.value) && !["\"", "=", "\\"].contains(scalar)
            }
    }

    /// A JSON string. Control characters are escaped, so that a value from outside cannot forge a second line or
    /// move a terminal's cursor.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
