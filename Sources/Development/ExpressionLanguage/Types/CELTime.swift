// SPDX-License-Identifier: MIT

/// A span of time in nanoseconds, as Go and protocol buffers have it.
package struct CELDuration: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Length in nanoseconds.
    package let nanoseconds: Int64

    /// A span of this length.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Reads Go's notation, such as `1h30m`, `-1.5s` or `0`; `nil` when the text is none or too long a span.
    package init?(_ text: String) {
        var rest = Substring(text)
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest.removeFirst()
        }
        if rest == "0" {
            self.init(nanoseconds: 0)
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[whole.endIndex...]
            var fraction = Substring()
            if rest.first == "." {
                rest.removeFirst()
                fraction = rest.prefix { $0.isASCII && $0.isNumber }
                rest = rest[fraction.endIndex...]
            }
            guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
            let unitText = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
            rest = rest[unitText.endIndex...]
            guard let unit = Self.units[String(unitText)], let count = Int64(whole.isEmpty ? "0" : whole)
            else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: unit)
            let part = fraction.isEmpty ? 0 : Int64((Double("0." + fraction) ?? 0) * Double(unit))
            let (sum, sumOverflow) = product.addingReportingOverflow(part)
            let (next, totalOverflow) = total.addingReportingOverflow(sum)
            guard !overflow, !sumOverflow, !totalOverflow else { return nil }
            total = next
        }
        self.init(nanoseconds: isNegative ? -total : total)
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
        "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    /// By length.
    package static func < (left: CELDuration, right: CELDuration) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Seconds with the unit, such as `5400s` or `1.5s`.
    package var description: String {
        let magnitude = nanoseconds.magnitude
        return (nanoseconds < 0 ? "-" : "") + "\(magnitude / 1_000_000_000)"
            + fractionText(Int(magnitude % 1_000_000_000)) + "s"
    }
}

/// A moment, to the nanosecond, between the years 1 and 9999.
package struct CELTimestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Whole seconds since 1970 in UTC.
    package let seconds: Int64
    /// Nanoseconds after them, 0 to 999 999 999.
    package let nanoseconds: Int

    /// A moment; `nil` outside the years 1 to 9999.
    package init?(seconds: Int64, nanoseconds: Int = 0) {
        guard (-62_135_596_800...253_402_300_799).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            return nil
        }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Reads RFC 3339, with any number of digits behind the second and any offset.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        func digits(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[start..<start + count] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        func has(_ characters: [Character], at index: Int) -> Bool {
            index < bytes.count && characters.contains { $0.asciiValue == bytes[index] }
        }
        guard let year = digits(0, 4), has(["-"], at: 4), let month = digits(5, 2), has(["-"], at: 7),
            let day = digits(8, 2), has(["T", "t"], at: 10), let hour = digits(11, 2), has([":"], at: 13),
            let minute = digits(14, 2), has([":"], at: 16), let second = digits(17, 2),
            (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, of: year), hour <= 23,
            minute <= 59, second <= 59
        else { return nil }
        var index = 19
        var nanoseconds = 0
        if has(["."], at: index) {
            index += 1
            var scale = 100_000_000
            let start = index
            while let digit = digits(index, 1) {
                nanoseconds += digit * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        var offset = 0
        if has(["Z", "z"], at: index) {
            index += 1
        } else if has(["+", "-"], at: index), let hours = digits(index + 1, 2), has([":"], at: index + 3),
            let minutes = digits(index + 4, 2), hours <= 24, minutes <= 59
        {
            offset = (hours * 3600 + minutes * 60) * (bytes[index] == 0x2D ? -1 : 1)
            index += 6
        } else {
            return nil
        }
        guard index == bytes.count else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        self.init(
            seconds: Int64(days * 86_400 + hour * 3600 + minute * 60 + second - offset), nanoseconds: nanoseconds)
    }

    /// By time.
    package static func < (left: CELTimestamp, right: CELTimestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// RFC 3339 in UTC.
    package var description: String {
        let civil = self.civil
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = String("0000\(civil.date.year)".suffix(4))
        return "\(year)-\(two(civil.date.month))-\(two(civil.date.day))T\(two(civil.hour)):\(two(civil.minute)):"
            + two(civil.second) + fractionText(nanoseconds) + "Z"
    }

    /// The moment in calendar terms, in UTC.
    var civil: (date: CivilDate, hour: Int, minute: Int, second: Int) {
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let rest = Int(seconds) - days * 86_400
        return (CivilDate(daysSinceEpoch: days), rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// The moment this much later; `nil` when that is outside the years 1 to 9999.
    func adding(_ duration: CELDuration) -> CELTimestamp? {
        let total = Int64(nanoseconds) + duration.nanoseconds % 1_000_000_000
        let carry = total < 0 ? Int64(-1) : total / 1_000_000_000
        let (sum, overflow) = seconds.addingReportingOverflow(duration.nanoseconds / 1_000_000_000 + carry)
        return overflow ? nil : CELTimestamp(seconds: sum, nanoseconds: Int(total - carry * 1_000_000_000))
    }
}

private func fractionText(_ nanoseconds: Int) -> String {
    guard nanoseconds != 0 else { return "" }
    var digits = String("000000000\(nanoseconds)".suffix(9))
    while digits.hasSuffix("0") { digits.removeLast() }
    return "." + digits
}

/// A day of the Gregorian calendar, extended to all years.
struct CivilDate: Equatable {
    let year: Int
    let month: Int
    let day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counts in eras of 400 years that begin in March, so that the leap day is the last day of a year.
    init(daysSinceEpoch: Int) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Days since 1 January of the year.
    var dayOfYear: Int { daysSinceEpoch - CivilDate(year: year, month: 1, day: 1).daysSinceEpoch }

    /// 0 for Sunday.
    var weekday: Int { ((daysSinceEpoch + 4) % 7 + 7) % 7 }
}
