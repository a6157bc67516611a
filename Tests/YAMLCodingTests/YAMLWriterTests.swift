// SPDX-License-Identifier: MIT
import JSONCoding
import Testing
import YAMLCoding

@Suite(.timeLimit(.minutes(1)))
struct YAMLWriterTests {
    @Test
    func writesForReaders() {
        let value: JSONValue = [
            "apiVersion": "v1", "count": 3, "ratio": 1.5, "on": "yes", "empty": "", "none": nil, "list": [1, "2", []],
            "map": [:], "text": "one\ntwo\n", "name": "a: b",
        ]
        #expect(
            YAMLWriter.text(value) == """
                apiVersion: v1
                count: 3
                ratio: 1.5
                "on": "yes"
                empty: ""
                none: null
                list:
                - 1
                - "2"
                - []
                map: {}
                text: |
                  one
                  two
                name: 'a: b'

                """)
    }

    @Test
    func writesManyDocuments() throws {
        let documents: [JSONValue] = [["a": 1], ["b"], "c"]
        let text = YAMLWriter.text(documents: documents)
        #expect(try YAMLParser.documents(text) == documents)
        #expect(text.hasPrefix("a: 1\n---\n"))
    }

    @Test(arguments: [
        "", " ", "\n", "\n\n", " a", "a ", "a\n", "a\n\n", "\na", "a\n b", " a\nb", "a \nb", "\ta\nb", "a\tb", "a\r\nb",
        "\r", "\u{0}", "\u{7}", "\u{1B}[0m", "\u{85}", "\u{2028}x\ny", "\u{FEFF}", "\u{FEFF}a\nb", "#", "a # b", "- a",
        "---", "...", "--- a\n---\n", "a\n---\nb", "a\n...\nb\n", "? a", ": a", "a:", "{", "[a", "*a", "&a", "!a", "|",
        "> a", "@a", "`a", "%a", "'", "\"", "'a'\"b\"", "yes", "No", "1", "-1", "1_0", "0x1f", "1e3", ".5", "1.0",
        "null", "~", "<<", "=", ".inf", ".nan", "2001-01-01", "é", "😀", "a\\b", "\u{7F}", "\u{A0}x", "key: value\n",
    ])
    func everyTextComesBack(text: String) throws {
        let value: JSONValue = ["k": .string(text), "list": [.string(text)], "nested": ["x": [["y": .string(text)]]]]
        let written = YAMLWriter.text(value)
        #expect(try YAMLParser.document(written) == value, "\(written)")
        let asKey: JSONValue = .object([text: 1, "z": 2])
        #expect(try YAMLParser.document(YAMLWriter.text(asKey)) == asKey)
        let long: JSONValue = .object([String(repeating: text + " word", count: 60): "v"])
        #expect(try YAMLParser.document(YAMLWriter.text(long)) == long)
    }

    @Test
    func randomValuesComeBack() throws {
        var generator = SeededGenerator(state: 42)
        for _ in 0..<1500 {
            let value = Self.random(depth: 4, &generator)
            let text = YAMLWriter.text(value)
            let read = try YAMLParser.document(text)
            #expect(read == value, "\(text)")
            if read != value { break }
        }
    }

    private static func random(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64(bitPattern: generator.next()))
        case 3: return .double(Double.random(in: -1e6..<1e6, using: &generator) + 0.1234567)
        case 4, 5: return .string(randomText(&generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in random(depth: depth - 1, &generator) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                object[randomText(&generator)] = random(depth: depth - 1, &generator)
            }
            return .object(object)
        }
    }

    private static func randomText(_ generator: inout SeededGenerator) -> String {
        let pieces = [
            "a", "b c", " ", "\n", "\n\n", "\t", "- ", ": ", " #", "'", "\"", "\\", "é", "😀", "\u{1}", "\r", "0",
            "yes",
            "{", "]", ",", "\u{2029}", "---", "word ", "line\n",
        ]
        return (0..<Int.random(in: 0..<6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
            .joined()
    }
}

/// The same numbers at each run, so that a failure can be repeated.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
