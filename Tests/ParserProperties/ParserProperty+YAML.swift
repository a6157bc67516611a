// SPDX-License-Identifier: MIT
import JSONCoding
import YAMLCoding

extension ParserProperty {
    /// So little that a text that grows by its aliases is refused before it costs time.
    private static let limits = YAMLLimits(maximumNodes: 20_000, maximumExpandedBytes: 1 << 20)
    /// For what was written out without aliases: the text may be as long as what the aliases made.
    private static let limitsOfOwnText = YAMLLimits(maximumNodes: 40_000, maximumExpandedBytes: 4 << 20)

    /// What is written of the documents is the documents again.
    func checkYAML(_ input: [UInt8]) throws(PropertyViolation) -> MemoryMeasure {
        var measure = MemoryMeasure(input)
        let values: [JSONValue]
        do throws(YAMLError) {
            values = try YAMLParser.markedDocuments(input, limits: Self.limits).map(\.value)
        } catch {
            // What it had grown to when it was refused is nobody's result; aliases may have repeated up to the limit,
            // whatever the reason why the text was refused in the end.
            if error.code == .limit || input.contains(UInt8(ascii: "*")) {
                (measure.resultNodes, measure.resultBytes) = (
                    Self.limits.maximumNodes, Self.limits.maximumExpandedBytes
                )
            }
            return measure
        }
        for value in values { value.measure(&measure) }
        let text = YAMLWriter.text(documents: values)
        let again: [JSONValue]
        do {
            again = try YAMLParser.markedDocuments(Array(text.utf8), limits: Self.limitsOfOwnText).map(\.value)
        } catch {
            throw PropertyViolation("what is written is refused: \(error)\n\(text)")
        }
        let (first, second) = (JSONValue.array(values).asYAMLHasIt(), JSONValue.array(again))
        try expect(first == second, "written and read again it is \(second), not \(first)")
        try expect(first.encoded() == second.encoded(), "two readings differ in their bytes")
        return measure
    }
}

extension JSONValue {
    /// The value with whole doubles as integers: a text that begins with a brace is read as JSON, where `1.0` is a
    /// double, and YAML's own reading makes it an integer as `kubectl` does.
    fileprivate func asYAMLHasIt() -> JSONValue {
        switch self {
        case .double(let number): Int64(exactly: number).map(JSONValue.integer) ?? self
        case .array(let elements): .array(elements.map { $0.asYAMLHasIt() })
        case .object(let object): .object(object.mapValues { $0.asYAMLHasIt() })
        default: self
        }
    }
}
