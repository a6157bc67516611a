// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding

/// What an unquoted scalar means.
///
/// The table is the one of `kubectl` (YAML 1.1 with the exceptions of its Go library), found by feeding it the cases of
/// the tests: a manifest must mean the same here as there. Hence `yes`, `on`, `y` and their opposites are booleans,
/// `0777` is octal, `190:20:30` and dates are strings, and a float without fraction is an integer.
enum YAMLScalar {
    /// The value of a plain scalar without a tag; `nil` for an infinity or NaN, which JSON cannot hold.
    static func resolve(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            if isSpecialFloat(text) { return nil }
            return number(text) ?? .string(text)
        case UInt8(ascii: "."):
            if isSpecialFloat(text) { return nil }
            return float(text) ?? .string(text)
        default:
            return words[text] ?? .string(text)
        }
    }

    /// Whether the text, unquoted, would be read as something other than itself.
    static func needsQuotes(_ text: String) -> Bool {
        text == "<<" || text == "=" || resolve(text) != .string(text)
    }

    /// The value of a scalar whose tag says what it has to be.
    static func resolve(_ text: String, tag: String) -> JSONValue? {
        switch tag {
        case "tag:yaml.org,2002:null": return resolve(text) == .null ? .null : nil
        case "tag:yaml.org,2002:bool":
            if case .bool(let value)? = resolve(text) { return .bool(value) }
            return nil
        case "tag:yaml.org,2002:int":
            if case .integer(let value)? = number(text) { return .integer(value) }
            return nil
        case "tag:yaml.org,2002:float": return number(text) ?? float(text)
        case "tag:yaml.org,2002:binary":
            return Base64.decodeLeniently(text)
                .flatMap { String(validating: $0, as: UTF8.self) }.map(JSONValue.string)
        default: return .string(text)
        }
    }

    /// The text of a key: JSON's names are strings, so a number or boolean is written out.
    static func keyText(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool, .integer, .double: value.encodedString()
        case .null, .array, .object: nil
        }
    }

    private static let words: [String: JSONValue] = {
        var words: [String: JSONValue] = [:]
        for text in ["~", "null", "Null", "NULL"] { words[text] = .null }
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            words[text] = .bool(true)
        }
        for text in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            words[text] = .bool(false)
        }
        return words
    }()

    private static func isSpecialFloat(_ text: String) -> Bool {
        var rest = Substring(text)
        let isSigned = rest.first == "+" || rest.first == "-"
        if isSigned { rest.removeFirst() }
        return [".inf", ".Inf", ".INF"].contains(rest) || (!isSigned && [".nan", ".NaN", ".NAN"].contains(rest))
    }

    /// An integer, else a float; digits may be grouped by underscores.
    private static func number(_ text: String) -> JSONValue? {
        let digits = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
        if let value = integer(digits) { return .integer(value) }
        return float(digits)
    }

    private static func integer(_ text: String) -> Int64? {
        var body = Substring(text)
        var sign = ""
        if let first = body.utf8.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? "-" : ""
            body.removeFirst()
        }
        // A second sign would be taken by the conversion below.
        guard let first = body.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        guard first == UInt8(ascii: "0"), body.utf8.count > 1 else { return Int64(sign + body) }
        let prefix = body.prefix(2).lowercased()
        guard let radix = ["0x": 16, "0o": 8, "0b": 2][prefix] else { return Int64(sign + body, radix: 8) }
        body.removeFirst(2)
        guard let next = body.utf8.first, next != UInt8(ascii: "-"), next != UInt8(ascii: "+") else { return nil }
        return Int64(sign + body, radix: radix)
    }

    /// A float of the form `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    ///
    /// One without fraction becomes an integer, because Kubernetes reads `1e3` into integer fields.
    private static func float(_ text: String) -> JSONValue? {
        guard hasFloatForm(text), let value = Double(text), value.isFinite else { return nil }
        if let whole = Int64(exactly: value) { return .integer(whole) }
        return .double(value)
    }

    private static func hasFloatForm(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        func skipDigits() -> Int {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest.removeFirst(digits)
            return digits
        }
        func skip(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        _ = skip("+-")
        let whole = skipDigits()
        let fraction = skip(".") ? skipDigits() : 0
        guard whole + fraction > 0 else { return false }
        if skip("eE") {
            _ = skip("+-")
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
