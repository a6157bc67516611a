// SPDX-License-Identifier: MIT
import JSONCoding

extension ParserProperty {
    /// What is written of a value is the value again, and passing over a part takes the texts that building takes.
    func checkJSON(_ input: [UInt8]) throws(PropertyViolation) -> MemoryMeasure {
        var measure = MemoryMeasure(input)
        let whole = Self.outcome(input, JSONLimits())
        try checkSkipping(input, whole)
        try checkTokens(input, whole)
        guard case .success(let value) = whole else { return measure }
        value.measure(&measure)
        for isPretty in [false, true] {
            let text = value.encoded(pretty: isPretty)
            let again = Self.outcome(text, JSONLimits())
            guard case .success(let read) = again else {
                throw PropertyViolation("what is written is refused: \(again)")
            }
            try expect(read == value, "written and read again it is \(read), not \(value)")
            // Equality of strings is that of characters; equality of bytes is stricter.
            try expect(read.encoded(pretty: isPretty) == text, "two writings differ in their bytes")
        }
        let canonical = value.canonical()
        try expect(canonical == value, "the canonical form is another value")
        try expect(canonical.canonical().encoded() == canonical.encoded(), "the canonical form of itself differs")
        return measure
    }

    /// Passing over `managedFields` decides as building them does, but for what only building can see.
    private func checkSkipping(
        _ input: [UInt8], _ whole: Result<JSONValue, JSONParseError>
    ) throws(PropertyViolation) {
        let skipped = Self.outcome(input, JSONLimits(skipsManagedFields: true))
        switch (whole, skipped) {
        case (.success(let value), .success(let kept)):
            try expect(kept.encoded() == value.withoutManagedFields().encoded(), "passing over changed \(value)")
        case (.success, .failure(let error)):
            throw PropertyViolation("passing over refuses what building takes: \(error)")
        case (.failure(let error), .success):
            let onlyBuildingSees = [
                "the member is there twice", "a number that no double can hold",
                "more than \(CombiningMarks.limit) combining marks in a row",
            ]
            try expect(onlyBuildingSees.contains(error.problem), "passing over takes what building refuses: \(error)")
        case (.failure, .failure): break
        }
    }

    private static func outcome(_ input: [UInt8], _ limits: JSONLimits) -> Result<JSONValue, JSONParseError> {
        Result { () throws(JSONParseError) in try JSONValue.parse(input, limits: limits) }
    }
}

extension JSONValue {
    /// Adds what the value holds.
    func measure(_ measure: inout MemoryMeasure) {
        measure.resultNodes += 1
        switch self {
        case .null, .bool, .integer, .double: break
        case .string(let text): measure.resultBytes += text.utf8.count
        case .array(let elements): for element in elements { element.measure(&measure) }
        case .object(let object):
            for (key, value) in object {
                measure.resultBytes += key.utf8.count
                value.measure(&measure)
            }
        }
    }

    /// The value without the member that `JSONLimits.skipsManagedFields` passes over, wherever it is.
    fileprivate func withoutManagedFields(isMetadata: Bool = false) -> JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map { $0.withoutManagedFields() })
        case .object(let object):
            let kept = object.filter { !isMetadata || $0.key != "managedFields" }
            return .object(
                JSONObject(kept.map { ($0.key, $0.value.withoutManagedFields(isMetadata: $0.key == "metadata")) }))
        default: return self
        }
    }
}
