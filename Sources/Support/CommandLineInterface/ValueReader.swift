// SPDX-License-Identifier: MIT

/// Turns the text of one option into a value, and says what it expects.
package struct ValueReader<Value: Sendable>: Sendable {
    /// The word in the help that stands for the value: `FILE`.
    package let placeholder: String
    /// Completes the sentence "expects …": `a whole number from 0 to 65535`.
    package let expectation: String
    /// Whether the placeholder says all, so that the help need not repeat the expectation.
    let isObvious: Bool
    /// The value, or nil if the text is not what is expected.
    package let read: @Sendable (String) -> Value?

    /// Makes a reader.
    package init(
        placeholder: String, expectation: String, isObvious: Bool = false, read: @escaping @Sendable (String) -> Value?
    ) {
        self.placeholder = placeholder
        self.expectation = expectation
        self.isObvious = isObvious
        self.read = read
    }
}

extension ValueReader where Value == String {
    /// Any text but the empty one.
    package static func text(_ placeholder: String, expectation: String? = nil) -> ValueReader {
        ValueReader(placeholder: placeholder, expectation: expectation ?? "a value for \(placeholder)", isObvious: true)
        {
            $0.isEmpty ? nil : $0
        }
    }

    /// The path of a file; whether it exists is for the command to find out, which can say more about it.
    package static var file: ValueReader { text("FILE", expectation: "the path of a file") }

    /// The path of a folder.
    package static var folder: ValueReader { text("FOLDER", expectation: "the path of a folder") }

    /// A URL with one of the given schemes and something behind it.
    package static func url(_ schemes: String...) -> ValueReader {
        let starts = schemes.map { "\($0)://" }
        return ValueReader(placeholder: "URL", expectation: "a URL with \(starts.joined(separator: " or "))") { text in
            starts.contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count } ? text : nil
        }
    }
}

extension ValueReader where Value == Int {
    /// A decimal number within `range`.
    package static func integer(_ range: ClosedRange<Int>, placeholder: String = "NUMBER") -> ValueReader {
        let expectation = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return ValueReader(placeholder: placeholder, expectation: expectation) { text in
            guard text.utf8.first != UInt8(ascii: "+"), let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }
}

extension ValueReader where Value == Bool {
    /// `true` or `false`.
    static var boolean: ValueReader {
        ValueReader(placeholder: "", expectation: "true or false") { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension ValueReader where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the cases of an enumeration.
    package static func choice(_ placeholder: String = "NAME") -> ValueReader {
        let names = Value.allCases.map(\.rawValue)
        return ValueReader(placeholder: placeholder, expectation: "one of \(names.joined(separator: ", "))") {
            Value(rawValue: $0)
        }
    }
}

extension ValueReader where Value == Duration {
    /// A time span as Kubernetes and Go write it: whole numbers with unit `ms`, `s`, `m` or `h`, such as `1h30m`.
    package static var duration: ValueReader {
        ValueReader(placeholder: "DURATION", expectation: "a duration such as 250ms, 30s, 5m or 1h30m") { text in
            parseDuration(text)
        }
    }
}

/// Reads `1h30m`; nil for anything else, including nothing and numbers without a unit.
private func parseDuration(_ text: String) -> Duration? {
    var rest = text[...]
    var total = 0
    repeat {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        let unit = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(unit.count)
        let milliseconds: Int? =
            switch unit {
            case "ms": 1
            case "s": 1000
            case "m": 60_000
            case "h": 3_600_000
            default: nil
            }
        guard let milliseconds, let number = Int(digits) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        // A century is more than any deadline, and keeps the sum far from overflow.
        guard !overflow, product <= 3_155_760_000_000 else { return nil }
        total += product
    } while !rest.isEmpty && total <= 3_155_760_000_000
    return rest.isEmpty ? .milliseconds(total) : nil
}

/// Where a server listens.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or address, without the brackets of IPv6.
    package let host: String
    /// The port; 0 lets the system choose a free one.
    package let port: Int

    /// `host:port`, with brackets around IPv6.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ValueReader where Value == ListenAddress {
    /// `host:port` or `[address]:port`.
    package static var address: ValueReader {
        ValueReader(placeholder: "HOST:PORT", expectation: "HOST:PORT with a port from 0 to 65535") { text in
            guard let colon = text.lastIndex(of: ":") else { return nil }
            var host = text[..<colon]
            let port = ValueReader<Int>.integer(0...65535).read(String(text[text.index(after: colon)...]))
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard let port, !host.isEmpty else { return nil }
            return ListenAddress(host: String(host), port: port)
        }
    }
}
