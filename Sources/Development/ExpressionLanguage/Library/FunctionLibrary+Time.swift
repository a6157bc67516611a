// SPDX-License-Identifier: MIT

extension FunctionLibrary {
    static let time: [Overload] = timeArithmetic + timestampParts + durationParts

    private static let timeArithmetic: [Overload] = [
        global("_+_", [.duration, .duration], .duration) { values, _ in
            try durationResult(try values[0].span.nanoseconds.addingReportingOverflow(values[1].span.nanoseconds))
        },
        global("_-_", [.duration, .duration], .duration) { values, _ in
            try durationResult(
                try values[0].span.nanoseconds.subtractingReportingOverflow(values[1].span.nanoseconds))
        },
        global("-_", [.duration], .duration) { values, _ in
            try durationResult(Int64(0).subtractingReportingOverflow(try values[0].span.nanoseconds))
        },
        global("_+_", [.timestamp, .duration], .timestamp) { values, _ in
            try timestampResult(try values[0].moment.adding(values[1].span))
        },
        global("_+_", [.duration, .timestamp], .timestamp) { values, _ in
            try timestampResult(try values[1].moment.adding(values[0].span))
        },
        global("_-_", [.timestamp, .duration], .timestamp) { values, _ in
            let span = try values[1].span
            guard span.nanoseconds != Int64.min else { throw CELEvaluationError.overflow("timestamp") }
            return try timestampResult(
                try values[0].moment.adding(CELDuration(nanoseconds: -span.nanoseconds)))
        },
        global("_-_", [.timestamp, .timestamp], .duration) { values, _ in
            let (left, right) = (try values[0].moment, try values[1].moment)
            let (whole, overflow) = (left.seconds - right.seconds).multipliedReportingOverflow(by: 1_000_000_000)
            if overflow { throw CELEvaluationError.overflow("duration") }
            return try durationResult(
                whole.addingReportingOverflow(Int64(left.nanoseconds - right.nanoseconds)))
        },
    ]

    private static func durationResult(_ result: (Int64, Bool)) throws -> CELValue {
        if result.1 { throw CELEvaluationError.overflow("duration") }
        return .duration(CELDuration(nanoseconds: result.0))
    }

    private static func timestampResult(_ result: CELTimestamp?) throws -> CELValue {
        guard let result else { throw CELEvaluationError.overflow("timestamp") }
        return .timestamp(result)
    }

    private static let timestampParts: [Overload] = [
        part("getFullYear") { $0.civil.date.year },
        part("getMonth") { $0.civil.date.month - 1 },
        part("getDate") { $0.civil.date.day },
        part("getDayOfMonth") { $0.civil.date.day - 1 },
        part("getDayOfWeek") { $0.civil.date.weekday },
        part("getDayOfYear") { $0.civil.date.dayOfYear },
        part("getHours") { $0.civil.hour },
        part("getMinutes") { $0.civil.minute },
        part("getSeconds") { $0.civil.second },
        part("getMilliseconds") { $0.nanoseconds / 1_000_000 },
    ]

    /// In UTC; the forms with a time zone are not known here.
    private static func part(_ name: String, _ read: @escaping @Sendable (CELTimestamp) -> Int) -> Overload {
        member(name, [.timestamp], .int) { values, _ in .int(Int64(read(try values[0].moment))) }
    }

    private static let durationParts: [Overload] = [
        length("getHours", 3_600_000_000_000), length("getMinutes", 60_000_000_000),
        length("getSeconds", 1_000_000_000), length("getMilliseconds", 1_000_000),
    ]

    private static func length(_ name: String, _ unit: Int64) -> Overload {
        member(name, [.duration], .int) { values, _ in .int(try values[0].span.nanoseconds / unit) }
    }
}

extension CELValue {
    fileprivate var span: CELDuration {
        get throws {
            if case .duration(let value) = self { return value }
            throw mismatch("duration")
        }
    }
    fileprivate var moment: CELTimestamp {
        get throws {
            if case .timestamp(let value) = self { return value }
            throw mismatch("timestamp")
        }
    }
}
