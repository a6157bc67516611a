// SPDX-License-Identifier: MIT

/// A part of a parsed pattern.
indirect enum RegexNode: Sendable {
    case empty
    case characters(RegexClass)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    case repetition(RegexNode, minimum: Int, maximum: Int?, isLazy: Bool)
    case assertion(RegexAssertion)
}

/// A condition between two characters.
enum RegexAssertion: Sendable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
}

/// A set of characters as ranges.
struct RegexClass: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isNegated
    }

    static let digit = RegexClass(ranges: [48...57])
    static let word = RegexClass(ranges: [48...57, 65...90, 95...95, 97...122])
    static let space = RegexClass(ranges: [9...10, 12...13, 32...32])
    static let any = RegexClass(ranges: [0...0x10FFFF])
    static let notNewline = RegexClass(ranges: [10...10], isNegated: true)

    static func single(_ scalar: Unicode.Scalar) -> RegexClass { RegexClass(ranges: [scalar.value...scalar.value]) }

    /// The ranges that the class means, without the negation.
    var positiveRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return result
    }

    /// The class with both cases of ASCII letters.
    var foldingCase: RegexClass {
        var result = self
        for range in ranges {
            for (lower, upper, shift) in [(UInt32(65), UInt32(90), 32), (97, 122, -32)] {
                let start = max(range.lowerBound, lower)
                let end = min(range.upperBound, upper)
                if start <= end {
                    result.ranges.append(UInt32(Int(start) + shift)...UInt32(Int(end) + shift))
                }
            }
        }
        return result
    }

    static let named: [String: RegexClass] = [
        "alnum": .init(ranges: [48...57, 65...90, 97...122]), "alpha": .init(ranges: [65...90, 97...122]),
        "ascii": .init(ranges: [0...127]), "blank": .init(ranges: [9...9, 32...32]),
        "cntrl": .init(ranges: [0...31, 127...127]), "digit": .digit, "graph": .init(ranges: [33...126]),
        "lower": .init(ranges: [97...122]), "print": .init(ranges: [32...126]),
        "punct": .init(ranges: [33...47, 58...64, 91...96, 123...126]), "space": .init(ranges: [9...13, 32...32]),
        "upper": .init(ranges: [65...90]), "word": .word, "xdigit": .init(ranges: [48...57, 65...70, 97...102]),
    ]
}
