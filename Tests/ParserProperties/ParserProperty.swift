// SPDX-License-Identifier: MIT

/// The parsers that read what others wrote, each with what must hold for every input whatever.
///
/// The fuzzers and the ordinary test of the kept corpus check the same properties, so that an input that once broke
/// one is looked at in every run of the tests.
package enum ParserProperty: String, CaseIterable, Sendable {
    case json, yaml, watch, kubeconfig

    /// Checks the input and says what its memory may be measured by.
    ///
    /// - Throws: ``PropertyViolation``. A trap, a hang and too much memory are for the caller to notice.
    package func check(_ input: [UInt8]) throws(PropertyViolation) -> MemoryMeasure {
        switch self {
        case .json: try checkJSON(input)
        case .yaml: try checkYAML(input)
        case .watch: try checkWatch(input)
        case .kubeconfig: try checkKubeconfig(input)
        }
    }
}

/// A property that an input breaks.
package struct PropertyViolation: Error, CustomStringConvertible {
    /// What should hold and does not, with the values.
    package let description: String

    init(_ description: String) { self.description = description }
}

/// What an input may cost, by what it says: the most bytes that are in use at one time while it is checked.
package struct MemoryMeasure: Sendable {
    /// The bytes of the input.
    package var inputBytes: Int
    /// The values that its result holds, counting what aliases repeat.
    package var resultNodes = 0
    /// The bytes of text in its result, counting what aliases repeat.
    package var resultBytes = 0

    init(_ input: [UInt8]) { inputBytes = input.count }

    /// The bound. A check holds the input, its value, the value's text and the value of that text side by side: for
    /// `[1,1,…`, the worst there is, each has about 100 bytes for two of the text's, with room for an array that grows.
    package var mostBytes: Int { 256 << 10 + 512 * inputBytes + 512 * resultNodes + 16 * resultBytes }
}

func expect(_ isTrue: Bool, _ description: @autoclosure () -> String) throws(PropertyViolation) {
    if !isTrue { throw PropertyViolation(description()) }
}
