// SPDX-License-Identifier: MIT

/// A point in time as Kubernetes and GitHub write it (RFC 3339), kept in microseconds.
///
/// `metav1.Time` has whole seconds, `metav1.MicroTime` six digits: both are read, ``description`` writes the first and
/// ``microDescription`` the second; ``milliDescription`` is for logs. Civil dates are computed here, because formatters
/// cost tens of microseconds and a library of 7 MB.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var microseconds: Int64

    /// A point in time by its microseconds since 1970.
    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// The same point without its fraction of a second, as `metav1.Time` keeps it.
    package var wholeSeconds: Timestamp {
        Timestamp(microseconds: microseconds - ((microseconds % 1_000_000) + 1_000_000) % 1_000_000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// The point so much later.
    package func adding(_ duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// The time from another point to this one.
    package func since(_ other: Timestamp) -> Duration { .microseconds(microseconds - other.microseconds) }

    /// Reads `2026-11-22T21:00:00[.123456][Z|+01:00]`; `nil` for anything else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ length: Int) -> Int? {
            guard start + length <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[start..<start + length] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A,
            bytes[16] == 0x3A, let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, year: year), hour < 24, minute < 60,
            second < 61
        else { return nil }
        var position = 19
        var fraction = 0
        if bytes[position] == 0x2E {
            position += 1
            var digits = 0
            while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
                if digits < 6 { fraction = fraction * 10 + Int(bytes[position] - 0x30) }
                digits += 1
                position += 1
            }
            guard digits > 0 else { return nil }
            for _ in min(digits, 6)..<6 { fraction *= 10 }
        }
        guard position < bytes.count else { return nil }
        var offset = 0
        if bytes[position] | 0x20 == 0x7A {
            guard position + 1 == bytes.count else { return nil }
        } else {
            guard bytes[position] == 0x2B || bytes[position] == 0x2D, position + 6 == bytes.count,
                bytes[position + 3] == 0x3A, let hours = number(position + 1, 2), let minutes = number(position + 4, 2),
                hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[position] == 0x2B ? 60 : -60)
        }
        let seconds = Self.daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        microseconds = Int64(seconds) * 1_000_000 + Int64(fraction)
    }

    /// RFC 3339 in whole seconds, UTC.
    package var description: String { text(fractionDigits: 0) }

    /// RFC 3339 with three digits of fraction, UTC; what is finer is cut off.
    package var milliDescription: String { text(fractionDigits: 3) }

    /// RFC 3339 with six digits of fraction, UTC.
    package var microDescription: String { text(fractionDigits: 6) }

    private func text(fractionDigits: Int) -> String {
        var seconds = microseconds / 1_000_000
        var fraction = microseconds % 1_000_000
        if fraction < 0 {
            fraction += 1_000_000
            seconds -= 1
        }
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = Self.civil(daysSince1970: Int(days))
        func padded(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let clock = Int(rest)
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(clock / 3600, 2))"
        text += ":\(padded(clock / 60 % 60, 2)):\(padded(clock % 60, 2))"
        if fractionDigits > 0 { text += ".\(padded(Int(fraction), 6).prefix(fractionDigits))" }
        return text + "Z"
    }

    private static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days between 1970-01-01 and a date of the proleptic Gregorian calendar, counted in eras of 400 years.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date so many days after 1970-01-01.
    private static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not an RFC 3339 time")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
