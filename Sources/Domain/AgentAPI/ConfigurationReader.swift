// SPDX-License-Identifier: MIT
import JSONCoding

/// Why a configuration is refused: every problem found, each with the path of its key.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// One line a problem.
    package var problems: [String]

    package init(problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "\n") }
}

/// Reads one mapping strictly: a key nobody asked for is a problem, because a misspelt key silently ignored is a
/// setting silently lost. All problems are collected, so that one run of `config check` shows them all.
struct ConfigurationReader {
    private let object: JSONObject
    private let path: String
    private var known: Set<String> = []
    private(set) var problems: [String] = []

    init(_ value: JSONValue?, path: String) {
        self.path = path
        switch value {
        case .object(let object): self.object = object
        case nil, .null: object = [:]
        case let other?:
            object = [:]
            problems = ["\(path.isEmpty ? "the document" : path): expected a mapping, found \(other.typeName)"]
        }
    }

    func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    mutating func report(_ key: String, _ problem: String) { problems.append("\(full(key)): \(problem)") }
    mutating func absorb(_ more: [String]) { problems.append(contentsOf: more) }

    mutating func raw(_ key: String) -> JSONValue? {
        known.insert(key)
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    mutating func string(_ key: String) -> String? {
        guard let value = raw(key) else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            report(key, "expected text, found \(value.typeName == "string" ? "an empty string" : value.typeName)")
            return nil
        }
        return text
    }

    mutating func required(_ key: String) -> String {
        if let text = string(key) { return text }
        if object[key] == nil { report(key, "is required") }
        return ""
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = raw(key) else { return nil }
        guard let number = value.integerValue, range.contains(number) else {
            report(key, "expected an integer from \(range.lowerBound) to \(range.upperBound), found \(value)")
            return nil
        }
        return number
    }

    mutating func flag(_ key: String) -> Bool? {
        guard let value = raw(key) else { return nil }
        guard let flag = value.boolValue else {
            report(key, "expected true or false, found \(value)")
            return nil
        }
        return flag
    }

    mutating func strings(_ key: String) -> [String]? {
        guard let value = raw(key) else { return nil }
        guard let list = value.arrayValue, case let texts = list.compactMap(\.stringValue), texts.count == list.count
        else {
            report(key, "expected a list of texts")
            return nil
        }
        return texts
    }

    /// A duration such as `90s`, `30m`, `5h` or `24h30m`.
    mutating func duration(_ key: String) -> Duration? {
        // A number without its unit is what one writes here by mistake.
        if let value = raw(key), value.stringValue == nil {
            report(key, "expected a duration such as 90s, 30m or 24h, found \(value.typeName)")
            return nil
        }
        guard let text = string(key) else { return nil }
        guard let duration = KubernetesDuration.parse(text), duration > .zero else {
            report(key, "expected a duration such as 90s, 30m or 24h, found \"\(text)\"")
            return nil
        }
        return duration
    }

    mutating func reader(_ key: String) -> ConfigurationReader { ConfigurationReader(raw(key), path: full(key)) }

    mutating func list(_ key: String) -> [ConfigurationReader] {
        guard let value = raw(key) else { return [] }
        guard let elements = value.arrayValue else {
            report(key, "expected a list, found \(value.typeName)")
            return []
        }
        return elements.enumerated().map { ConfigurationReader($0.element, path: "\(full(key))[\($0.offset)]") }
    }

    mutating func entries(_ key: String) -> [(key: String, reader: ConfigurationReader)] {
        guard let value = raw(key) else { return [] }
        guard let members = value.objectValue else {
            report(key, "expected a mapping, found \(value.typeName)")
            return []
        }
        return members.map { ($0.key, ConfigurationReader($0.value, path: "\(full(key)).\($0.key)")) }
    }

    /// The problems of this mapping, keys that nobody asked for included.
    func finish() -> [String] {
        let unknown = object.keys.filter { !known.contains($0) }.map { key in
            "\(full(key)): unknown key; known here: \(known.sorted().joined(separator: ", "))"
        }
        return problems + unknown
    }
}

/// Durations as Kubernetes writes them (`metav1.Duration`, Go's syntax), in units from milliseconds to hours.
package enum KubernetesDuration {
    /// Reads `1h30m`; `nil` for anything else, an empty text and a negative duration included.
    package static func parse(_ text: String) -> Duration? {
        var total = Duration.zero
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits), number <= 1_000_000_000 else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ms": total += .milliseconds(number)
            case "s": total += .seconds(number)
            case "m": total += .seconds(number * 60)
            case "h": total += .seconds(number * 3600)
            default: return nil
            }
        }
        return total
    }
}
