// SPDX-License-Identifier: MIT

// Positions in strings count code points, as the CEL strings library says.
extension FunctionLibrary {
    static let strings: [Overload] = predicates + transformations + positions

    private static let predicates: [Overload] = [
        global("size", [.string], .int) { values, budget in try stringSize(values, budget) },
        member("size", [.string], .int) { values, budget in try stringSize(values, budget) },
        global("size", [.bytes], .int) { values, _ in try bytesSize(values) },
        member("size", [.bytes], .int) { values, _ in try bytesSize(values) },
        text("startsWith") { $0.starts(with: $1) },
        text("endsWith") { $0.reversed().starts(with: $1.reversed()) },
        text("contains") { find(Array($1), in: Array($0), from: 0) != nil },
    ]

    private static func stringSize(_ values: [CELValue], _ budget: CELBudget) throws -> CELValue {
        let text = try values[0].string
        try budget.spendText(text.utf8.count)
        return .int(Int64(text.unicodeScalars.count))
    }

    private static func bytesSize(_ values: [CELValue]) throws -> CELValue {
        guard case .bytes(let bytes) = values[0] else { throw values[0].mismatch("bytes") }
        return .int(Int64(bytes.count))
    }

    private static func text(
        _ name: String, _ test: @escaping @Sendable (String.UTF8View, String.UTF8View) -> Bool
    ) -> Overload {
        member(name, [.string, .string], .bool) { values, budget in
            let (subject, part) = (try values[0].string, try values[1].string)
            try budget.spendText(subject.utf8.count + part.utf8.count)
            return .bool(test(subject.utf8, part.utf8))
        }
    }

    /// The first place of `part` in `whole` at or behind `start`.
    ///
    /// Knuth, Morris and Pratt's search, because the text to look for may be as hostile as the text to look in.
    static func find<Element: Equatable>(_ part: [Element], in whole: [Element], from start: Int) -> Int? {
        guard !part.isEmpty else { return start <= whole.count ? start : nil }
        var borders = [0]
        var length = 0
        for index in 1..<max(1, part.count) {
            while length > 0, part[index] != part[length] { length = borders[length - 1] }
            if part[index] == part[length] { length += 1 }
            borders.append(length)
        }
        var matched = 0
        var index = start
        while index < whole.count {
            while matched > 0, whole[index] != part[matched] { matched = borders[matched - 1] }
            if whole[index] == part[matched] { matched += 1 }
            if matched == part.count { return index - part.count + 1 }
            index += 1
        }
        return nil
    }

    private static let transformations: [Overload] = [
        mapping("lowerAscii") { $0 >= "A" && $0 <= "Z" ? Unicode.Scalar($0.value + 32) ?? $0 : $0 },
        mapping("upperAscii") { $0 >= "a" && $0 <= "z" ? Unicode.Scalar($0.value - 32) ?? $0 : $0 },
        member("trim", [.string], .string) { values, budget in
            let text = try values[0].string
            try budget.spendText(text.utf8.count)
            var scalars = Array(text.unicodeScalars)[...]
            while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
            while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
            return .string(String(scalars))
        },
        member("replace", [.string, .string, .string], .string) { values, budget in
            .string(try replace(try values[0].string, try values[1].string, try values[2].string, -1, budget))
        },
        member("replace", [.string, .string, .string, .int], .string) { values, budget in
            .string(
                try replace(
                    try values[0].string, try values[1].string, try values[2].string, try values[3].int, budget))
        },
        member("split", [.string, .string], .list(.string)) { values, budget in
            try split(try values[0].string, try values[1].string, -1, budget)
        },
        member("split", [.string, .string, .int], .list(.string)) { values, budget in
            try split(try values[0].string, try values[1].string, try values[2].int, budget)
        },
    ]

    private static func mapping(
        _ name: String, _ transform: @escaping @Sendable (Unicode.Scalar) -> Unicode.Scalar
    ) -> Overload {
        member(name, [.string], .string) { values, budget in
            let text = try values[0].string
            try budget.spendText(text.utf8.count)
            return .string(String(text.unicodeScalars.map(transform)[...]))
        }
    }

    /// `limit` is the number of replacements, below 0 for all.
    private static func replace(
        _ text: String, _ old: String, _ new: String, _ limit: Int64, _ budget: CELBudget
    ) throws -> String {
        let (whole, part, other) = (Array(text.unicodeScalars), Array(old.unicodeScalars), Array(new.unicodeScalars))
        try budget.spendText(whole.count + part.count)
        var result: [Unicode.Scalar] = []
        var position = 0
        var count: Int64 = 0
        while limit < 0 || count < limit, let found = find(part, in: whole, from: position) {
            try budget.spendText(found - position + other.count)
            result += whole[position..<found] + other
            position = found + part.count
            count += 1
            if part.isEmpty {  // an empty text is found before every character and at the end
                guard position < whole.count else {
                    position = whole.count
                    break
                }
                result.append(whole[position])
                position += 1
            }
        }
        return String((result + whole[min(position, whole.count)...])[...])
    }

    /// `limit` is the number of pieces, below 0 for all.
    private static func split(
        _ text: String, _ separator: String, _ limit: Int64, _ budget: CELBudget
    ) throws -> CELValue {
        let (whole, part) = (Array(text.unicodeScalars), Array(separator.unicodeScalars))
        try budget.spendText(whole.count + part.count)
        if limit == 0 { return .list(CELList([])) }
        var pieces: [CELValue] = []
        var position = 0
        if part.isEmpty {
            while position < whole.count, limit < 0 || pieces.count < limit - 1 {
                pieces.append(.string(String(whole[position])))
                position += 1
            }
            if position < whole.count { pieces.append(.string(String(whole[position...]))) }
        } else {
            while limit < 0 || pieces.count < limit - 1, let found = find(part, in: whole, from: position) {
                pieces.append(.string(String(whole[position..<found])))
                position = found + part.count
            }
            pieces.append(.string(String(whole[position...])))
        }
        try budget.spend(pieces.count)
        return .list(CELList(pieces))
    }

    private static let positions: [Overload] = [
        member("charAt", [.string, .int], .string) { values, budget in
            let (scalars, index) = (Array(try values[0].string.unicodeScalars), try values[1].int)
            try budget.spendText(scalars.count)
            guard index >= 0, index <= scalars.count else {
                throw CELEvaluationError.invalidArgument("index out of range: \(index)")
            }
            return .string(index == scalars.count ? "" : String(scalars[Int(index)]))
        },
        member("substring", [.string, .int], .string) { values, budget in
            try substring(try values[0].string, try values[1].int, nil, budget)
        },
        member("substring", [.string, .int, .int], .string) { values, budget in
            try substring(try values[0].string, try values[1].int, try values[2].int, budget)
        },
        member("indexOf", [.string, .string], .int) { values, budget in
            try index(values, from: 0, budget)
        },
        member("indexOf", [.string, .string, .int], .int) { values, budget in
            try index(values, from: try values[2].int, budget)
        },
        member("lastIndexOf", [.string, .string], .int) { values, budget in
            try lastIndex(values, from: nil, budget)
        },
        member("lastIndexOf", [.string, .string, .int], .int) { values, budget in
            try lastIndex(values, from: try values[2].int, budget)
        },
    ]

    private static func substring(
        _ text: String, _ start: Int64, _ end: Int64?, _ budget: CELBudget
    ) throws -> CELValue {
        let scalars = Array(text.unicodeScalars)
        try budget.spendText(scalars.count)
        let end = end ?? Int64(scalars.count)
        guard start >= 0, start <= scalars.count else {
            throw CELEvaluationError.invalidArgument("index out of range: \(start)")
        }
        guard end >= 0, end <= scalars.count else {
            throw CELEvaluationError.invalidArgument("index out of range: \(end)")
        }
        guard start <= end else {
            throw CELEvaluationError.invalidArgument("invalid substring range. start: \(start), end: \(end)")
        }
        return .string(String(scalars[Int(start)..<Int(end)]))
    }

    private static func index(_ values: [CELValue], from start: Int64, _ budget: CELBudget) throws -> CELValue {
        let (whole, part) = (
            Array(try values[0].string.unicodeScalars), Array(try values[1].string.unicodeScalars)
        )
        try budget.spendText(whole.count + part.count)
        if part.isEmpty { return .int(start) }
        guard start >= 0, start <= whole.count else {
            throw CELEvaluationError.invalidArgument("index out of range: \(start)")
        }
        return .int(Int64(find(part, in: whole, from: Int(start)) ?? -1))
    }

    private static func lastIndex(_ values: [CELValue], from end: Int64?, _ budget: CELBudget) throws -> CELValue {
        let (whole, part) = (
            Array(try values[0].string.unicodeScalars), Array(try values[1].string.unicodeScalars)
        )
        try budget.spendText(whole.count + part.count)
        if part.isEmpty { return .int(end ?? Int64(whole.count)) }
        if let end, end < 0 || end >= whole.count {
            throw CELEvaluationError.invalidArgument("index out of range: \(end)")
        }
        var last = -1
        var position = 0
        while let found = find(part, in: whole, from: position), end.map({ found <= $0 }) ?? true {
            try budget.spendText(found - position + 1)
            last = found
            position = found + 1
        }
        return .int(Int64(last))
    }

    static let stringLists: [Overload] = [
        member("join", [.list(.string)], .string) { values, budget in try join(values[0], "", budget) },
        member("join", [.list(.string), .string], .string) { values, budget in
            try join(values[0], try values[1].string, budget)
        },
    ]

    private static func join(_ list: CELValue, _ separator: String, _ budget: CELBudget) throws -> CELValue {
        let pieces = try list.elements.map { try $0.string }
        try budget.spendText(pieces.reduce(0) { $0 + $1.utf8.count + separator.utf8.count })
        return .string(pieces.joined(separator: separator))
    }
}

extension String {
    /// A string of these characters.
    init(_ scalars: ArraySlice<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }
}
