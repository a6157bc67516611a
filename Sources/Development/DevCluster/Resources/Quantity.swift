// SPDX-License-Identifier: MIT
import JSONCoding

/// A Kubernetes quantity such as `500m` or `2Gi`: exact arithmetic, and the way of writing that Kubernetes has
/// (resource.Quantity: an amount keeps the family of suffixes that it came with).
struct Quantity: Sendable, Equatable, Comparable {
    /// Families of suffixes.
    enum Format: Sendable {
        /// `Ki`, `Mi`, `Gi`, …
        case binary
        /// `m`, `k`, `M`, …
        case decimal
    }

    /// Billionths, the smallest part that Kubernetes keeps.
    private(set) var nanos: Int128
    /// How the amount is written.
    private(set) var format: Format

    static let zero = Quantity(nanos: 0, format: .decimal)

    /// A whole number of things.
    init(count: Int) { self.init(nanos: Int128(count) * Self.billion, format: .decimal) }

    private init(nanos: Int128, format: Format) {
        self.nanos = nanos
        self.format = format
    }

    private static let billion: Int128 = 1_000_000_000

    /// Suffixes from the largest to the smallest, with their size in billionths.
    private static let decimalSuffixes: [(String, Int128)] = [
        ("E", billion * 1_000_000_000_000_000_000), ("P", billion * 1_000_000_000_000_000),
        ("T", billion * 1_000_000_000_000), ("G", billion * 1_000_000_000), ("M", billion * 1_000_000),
        ("k", billion * 1000), ("", billion), ("m", 1_000_000), ("u", 1000), ("n", 1),
    ]
    private static let binarySuffixes: [(String, Int128)] = [
        ("Ei", billion << 60), ("Pi", billion << 50), ("Ti", billion << 40), ("Gi", billion << 30),
        ("Mi", billion << 20), ("Ki", billion << 10),
    ]

    /// Reads an amount; nil for what is none.
    init?(_ json: JSONValue) {
        switch json {
        case .integer(let number): self.init(nanos: Int128(number) * Self.billion, format: .decimal)
        case .string(let text): self.init(text)
        default: return nil
        }
    }

    /// Reads an amount; nil for what is none. Parts below a billionth are rounded up.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "+" || $0 == "-") }
        let suffix = text.dropFirst(digits.count)
        let factor: Int128
        if let (_, size) = Self.binarySuffixes.first(where: { $0.0 == suffix }) {
            factor = size
            format = .binary
        } else if let (_, size) = Self.decimalSuffixes.first(where: { $0.0 == suffix }) {
            factor = size
            format = .decimal
        } else if let first = suffix.first, first == "e" || first == "E", let power = Int(suffix.dropFirst()),
            (-9...18).contains(power)
        {
            factor = (0..<abs(power)).reduce(Self.billion) { size, _ in power > 0 ? size * 10 : size / 10 }
            format = .decimal
        } else {
            return nil
        }
        let isNegative = digits.hasPrefix("-")
        let amount = isNegative || digits.hasPrefix("+") ? digits.dropFirst() : digits
        let parts = amount.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard !amount.contains(where: { $0 == "-" || $0 == "+" }), let first = parts.first, let whole = Int128(first.isEmpty ? "0" : first), whole < Int128(1) << 62,
            !(first.isEmpty && parts.count == 1)
        else { return nil }
        var total = whole * factor
        if parts.count == 2, !parts[1].isEmpty {
            guard let fraction = Int128(parts[1]), parts[1].count <= 15 else { return nil }
            let scale = (0..<parts[1].count).reduce(Int128(1)) { size, _ in size * 10 }
            total += (fraction * factor + scale - 1) / scale
        }
        nanos = isNegative ? -total : total
    }

    /// The usual way of writing the amount: the largest suffix of its family that leaves a whole number.
    var text: String {
        if nanos == 0 { return "0" }
        let suffixes = format == .binary ? Self.binarySuffixes : []
        for (suffix, size) in suffixes + Self.decimalSuffixes where nanos % size == 0 {
            // Amounts of the binary family that are no multiple of 1024 have no suffix.
            if format == .binary, !suffix.isEmpty, !suffix.hasSuffix("i"), size > Self.billion { continue }
            return "\(nanos / size)\(suffix)"
        }
        return "\(nanos)n"
    }

    static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos + right.nanos, format: left.nanos == 0 ? right.format : left.format)
    }

    static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
    static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }

    /// How many times the other amount goes into this one.
    func ratio(to other: Quantity) -> Double { Double(nanos) / Double(other.nanos) }
}
