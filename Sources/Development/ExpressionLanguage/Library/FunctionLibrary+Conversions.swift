// SPDX-License-Identifier: MIT

extension FunctionLibrary {
    static let conversions: [Overload] = toInt + toUint + toDouble + toString + toOthers

    private static func identity(_ name: String, _ type: CELType) -> Overload {
        global(name, [type], type) { values, _ in values[0] }
    }

    private static let toInt: [Overload] = [
        identity("int", .int),
        global("int", [.uint], .int) { values, _ in
            guard case .uint(let value) = values[0], let result = Int64(exactly: value) else {
                throw CELEvaluationError.overflow("integer")
            }
            return .int(result)
        },
        global("int", [.double], .int) { values, _ in
            let value = try values[0].real
            guard value > -9_223_372_036_854_775_808, value < 9_223_372_036_854_775_808 else {
                throw CELEvaluationError.overflow("integer")
            }
            return .int(Int64(value.rounded(.towardZero)))
        },
        global("int", [.string], .int) { values, _ in
            let text = try values[0].string
            guard let result = Int64(text) else {
                throw CELEvaluationError.invalidArgument("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
            }
            return .int(result)
        },
        global("int", [.timestamp], .int) { values, _ in
            guard case .timestamp(let value) = values[0] else { throw values[0].mismatch("timestamp") }
            return .int(value.seconds)
        },
        global("int", [.duration], .int) { values, _ in
            guard case .duration(let value) = values[0] else { throw values[0].mismatch("duration") }
            return .int(value.nanoseconds)
        },
    ]

    private static let toUint: [Overload] = [
        identity("uint", .uint),
        global("uint", [.int], .uint) { values, _ in
            guard let result = UInt64(exactly: try values[0].int) else {
                throw CELEvaluationError.overflow("unsigned integer")
            }
            return .uint(result)
        },
        global("uint", [.double], .uint) { values, _ in
            let value = try values[0].real
            guard value >= 0, value < 18_446_744_073_709_551_616 else {
                throw CELEvaluationError.overflow("unsigned integer")
            }
            return .uint(UInt64(value.rounded(.towardZero)))
        },
        global("uint", [.string], .uint) { values, _ in
            let text = try values[0].string
            guard let result = UInt64(text) else {
                throw CELEvaluationError.invalidArgument("strconv.ParseUint: parsing \"\(text)\": invalid syntax")
            }
            return .uint(result)
        },
    ]

    private static let toDouble: [Overload] = [
        identity("double", .double),
        global("double", [.int], .double) { values, _ in .double(Double(try values[0].int)) },
        global("double", [.uint], .double) { values, _ in
            guard case .uint(let value) = values[0] else { throw values[0].mismatch("uint") }
            return .double(Double(value))
        },
        global("double", [.string], .double) { values, _ in
            let text = try values[0].string
            guard let result = Double(text) else {
                throw CELEvaluationError.invalidArgument("strconv.ParseFloat: parsing \"\(text)\": invalid syntax")
            }
            return .double(result)
        },
    ]

    private static let toString: [Overload] = [
        identity("string", .string),
        global("string", [.bool], .string) { values, _ in .string(values[0] == .bool(true) ? "true" : "false") },
        global("string", [.int], .string) { values, _ in .string(String(try values[0].int)) },
        global("string", [.uint], .string) { values, _ in
            guard case .uint(let value) = values[0] else { throw values[0].mismatch("uint") }
            return .string(String(value))
        },
        global("string", [.double], .string) { values, _ in
            let value = try values[0].real
            if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return .string(String(whole)) }
            return .string(String(value))
        },
        global("string", [.bytes], .string) { values, budget in
            guard case .bytes(let value) = values[0] else { throw values[0].mismatch("bytes") }
            try budget.spendText(value.count)
            guard let text = String(validating: value, as: UTF8.self) else {
                throw CELEvaluationError.invalidArgument("invalid UTF-8 in bytes, cannot convert to string")
            }
            return .string(text)
        },
        global("string", [.duration], .string) { values, _ in
            guard case .duration(let value) = values[0] else { throw values[0].mismatch("duration") }
            return .string(value.description)
        },
        global("string", [.timestamp], .string) { values, _ in
            guard case .timestamp(let value) = values[0] else { throw values[0].mismatch("timestamp") }
            return .string(value.description)
        },
    ]

    private static let toOthers: [Overload] = [
        identity("bool", .bool),
        global("bool", [.string], .bool) { values, _ in
            switch try values[0].string {
            case "1", "t", "T", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "F", "false", "FALSE", "False": return .bool(false)
            case let text:
                throw CELEvaluationError.invalidArgument("strconv.ParseBool: parsing \"\(text)\": invalid syntax")
            }
        },
        identity("bytes", .bytes),
        global("bytes", [.string], .bytes) { values, budget in
            let text = try values[0].string
            try budget.spendText(text.utf8.count)
            return .bytes(Array(text.utf8))
        },
        identity("duration", .duration),
        global("duration", [.string], .duration) { values, _ in
            let text = try values[0].string
            guard let result = CELDuration(text) else {
                throw CELEvaluationError.invalidArgument("time: invalid duration \"\(text)\"")
            }
            return .duration(result)
        },
        identity("timestamp", .timestamp),
        global("timestamp", [.string], .timestamp) { values, _ in
            let text = try values[0].string
            guard let result = CELTimestamp(text) else {
                throw CELEvaluationError.invalidArgument("invalid timestamp \"\(text)\"")
            }
            return .timestamp(result)
        },
        global("timestamp", [.int], .timestamp) { values, _ in
            guard let result = CELTimestamp(seconds: try values[0].int) else {
                throw CELEvaluationError.overflow("timestamp")
            }
            return .timestamp(result)
        },
        global("dyn", [.parameter("A")], .dyn) { values, _ in values[0] },
        global("type", [.parameter("A")], .type) { values, _ in .type(values[0].typeName) },
    ]
}
