// SPDX-License-Identifier: MIT
import JSONCoding

/// The part of JSONPath that printer columns use: members, indices, wildcards and `[?(@.a=="b")]`.
struct JSONPath: Sendable {
    private enum Step: Sendable, Equatable {
        case member(String)
        case index(Int)
        case all
        case filter([String], String)
    }

    private var steps: [Step] = []

    /// nil when the text uses something else.
    init?(_ text: String) {
        var rest = Substring(text)
        while let first = rest.first {
            if first == "." {
                rest.removeFirst()
                let name = Self.member(&rest)
                if name.isEmpty { return nil }
                steps.append(name == "*" ? .all : .member(name))
            } else if first == "[" {
                guard let step = Self.bracket(&rest) else { return nil }
                steps.append(step)
            } else {
                return nil
            }
        }
    }

    private static func member(_ rest: inout Substring) -> String {
        var name = ""
        while let character = rest.first, character != ".", character != "[" {
            rest.removeFirst()
            if character == "\\", let escaped = rest.popFirst() { name.append(escaped) } else { name.append(character) }
        }
        return name
    }

    private static func bracket(_ rest: inout Substring) -> Step? {
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let content = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        if content == "*" { return .all }
        if let index = Int(content) { return .index(index) }
        if content.count >= 2, let quote = content.first, quote == "'" || quote == "\"", content.last == quote {
            return .member(String(content.dropFirst().dropLast()))
        }
        guard content.hasPrefix("?("), content.hasSuffix(")") else { return nil }
        let condition = content.dropFirst(2).dropLast()
        guard let equals = condition.range(ofLiteral: "==") else { return nil }
        let path = condition[..<equals.lowerBound].filter { $0 != " " }
        let value = condition[equals.upperBound...].drop { $0 == " " }
        guard path.hasPrefix("@."), value.count >= 2, value.last == "'" || value.last == "\"" else { return nil }
        let names = path.dropFirst(2).split(separator: ".").map(String.init)
        return .filter(names, String(value.dropFirst().dropLast()))
    }

    /// The first value at the path.
    func first(in value: JSONValue) -> JSONValue? {
        var values = [value]
        for step in steps {
            values = values.flatMap { value -> [JSONValue] in
                switch step {
                case .member(let name): value[name].map { [$0] } ?? []
                case .index(let index): value[index].map { [$0] } ?? []
                case .all: value.arrayValue ?? value.objectValue?.values ?? []
                case .filter(let path, let text):
                    (value.arrayValue ?? []).filter { TableColumns.text($0.at(path)) == text }
                }
            }
        }
        return values.first
    }
}

extension Substring {
    /// Where a literal text first stands.
    fileprivate func range(ofLiteral text: String) -> Range<Index>? {
        var position = startIndex
        while position < endIndex {
            if self[position...].hasPrefix(text) { return position..<index(position, offsetBy: text.count) }
            position = index(after: position)
        }
        return nil
    }
}
