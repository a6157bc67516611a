// SPDX-License-Identifier: MIT
import JSONCoding
import Testing
import YAMLCoding

@Suite(.timeLimit(.minutes(1)))
struct YAMLParserTests {
    @Test
    func readsAManifest() throws {
        let text = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: shop   # a comment
              labels: {app: shop, tier: "1"}
            data:
              run.sh: |
                set -e
                echo ok
              folded: >-
                one
                two
            """
        let expected: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "shop", "labels": ["app": "shop", "tier": "1"]],
            "data": ["run.sh": "set -e\necho ok\n", "folded": "one two"],
        ]
        let value = try YAMLParser.document(text)
        #expect(value == expected)
        #expect(value.objectValue?.keys == ["apiVersion", "kind", "metadata", "data"])
    }

    @Test
    func readsManyDocumentsAndPassesOverEmptyOnes() throws {
        let text = "---\n# nothing\n---\na: 1\n---\n---\n- 2\n...\n---\nnull\n---\n"
        #expect(try YAMLParser.documents(text) == [["a": 1], [2], nil])
        #expect(try YAMLParser.documents("") == [])
        #expect(try YAMLParser.documents("# only a comment\n") == [])
    }

    @Test
    func refusesTheWrongNumberOfDocuments() {
        let none = #expect(throws: YAMLError.self) { try YAMLParser.document(" \n") }
        #expect(none?.code == .documentCount)
        let two = #expect(throws: YAMLError.self) { try YAMLParser.document("a: 1\n---\nb: 2\n") }
        #expect(two?.code == .documentCount)
        #expect(two?.line == 3)
    }

    @Test
    func resolvesAliasesAndMergeKeys() throws {
        let text = """
            base: &base {a: 1, b: 2}
            other: *base
            after: {<<: *base, a: 9}
            before: {a: 9, <<: *base}
            list: {<<: [*base, {a: 5, c: 3}]}
            quoted: {"<<": *base}
            """
        #expect(
            try YAMLParser.document(text) == [
                "base": ["a": 1, "b": 2], "other": ["a": 1, "b": 2], "after": ["a": 9, "b": 2],
                "before": ["a": 9, "b": 2], "list": ["a": 1, "b": 2, "c": 3], "quoted": ["<<": ["a": 1, "b": 2]],
            ])
    }

    @Test(
        arguments: [
            ("a: *x\n", .alias, 1, 4),
            ("a: &x [1, *x]\n", .alias, 1, 11),
            ("a: 1\n<<: 5\n", .merge, 2, 1),
            ("a:\n  <<: [1]\n", .merge, 2, 8),
            ("a: 1\nb: 2\na: 3\n", .duplicateKey, 3, 1),
            ("{\"a\": 1, \"a\": 2}", .duplicateKey, 1, 10),
            ("{\"a\": \"\\n\", \"a\": 2}", .duplicateKey, 1, 13),
            ("x:\n  1: a\n  \"1\": b\n", .duplicateKey, 3, 3),
            ("[1]: a\n", .unsupportedKey, 1, 1),
            ("~: a\n", .unsupportedKey, 1, 1),
            ("? {a: 1}\n: 2\n", .unsupportedKey, 1, 3),
            ("a: [1, 2\n", .syntax, 2, 1),
            ("a: b: c\n", .syntax, 1, 5),
            ("a:\n\t- 1\n", .syntax, 2, 1),
            ("a: \"\\q\"\n", .syntax, 1, 5),
            ("a: @x\n", .syntax, 1, 4),
            ("- a\nb: c\n", .syntax, 2, 1),
        ] as [(String, YAMLError.Code, Int, Int)])
    func saysWhereAMistakeIs(text: String, code: YAMLError.Code, line: Int, column: Int) {
        let error = #expect(throws: YAMLError.self) { try YAMLParser.documents(text) }
        #expect(error?.code == code)
        #expect(error?.mark == Mark(line: line, column: column), "\(error?.description ?? "")")
        #expect(error?.description.contains("line \(line), column \(column)") == true)
    }

    @Test
    func saysWhereInvalidUTF8Is() {
        let error = #expect(throws: YAMLError.self) {
            try YAMLParser.documents(Array("a: 1\nb: ".utf8) + [0xFF, 0x0A])
        }
        #expect(error?.mark == Mark(line: 2, column: 4))
    }

    @Test
    func boundsBytesAndDepth() throws {
        let long = #expect(throws: YAMLError.self) {
            try YAMLParser.documents("a: 12345", limits: YAMLLimits(maximumBytes: 7))
        }
        #expect(long?.code == .limit)
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try YAMLParser.documents(nested(100)).count == 1)
        for depth in [101, 100_000] {
            let deep = #expect(throws: YAMLError.self) { try YAMLParser.documents(nested(depth)) }
            #expect(deep?.code == .limit)
        }
        let block = (0..<200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(throws: YAMLError.self) { try YAMLParser.documents(block) }
    }

    @Test
    func boundsWhatAliasesRepeat() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        let nodes = #expect(throws: YAMLError.self) { try YAMLParser.documents(text) }
        #expect(nodes?.code == .limit)
        let big = String(repeating: "x", count: 10_000)
        let items = Array(repeating: "*big", count: 10_000).joined(separator: ", ")
        let bytes = #expect(throws: YAMLError.self) { try YAMLParser.documents("a: &big \(big)\nb: [\(items)]\n") }
        #expect(bytes?.code == .limit)
    }

    /// Merging copies what it repeats, so a short text must not repeat much.
    @Test
    func boundsWhatMergesRepeatByTheLengthOfTheText() throws {
        func text(members: Int, merges: Int) -> String {
            let template = (0..<members).map { "k\($0): 1" }.joined(separator: ", ")
            return "a: &a {\(template)}\n" + (0..<merges).map { "m\($0): {<<: *a}\n" }.joined()
        }
        #expect(try YAMLParser.documents(text(members: 30, merges: 100)).count == 1)
        let grown = #expect(throws: YAMLError.self) { try YAMLParser.documents(text(members: 1_000, merges: 900)) }
        #expect(grown?.code == .limit)
        #expect(grown?.problem.contains("for so short a text") == true)
    }

    @Test
    func boundsCombiningMarks() throws {
        let marks = String(repeating: "\u{301}", count: 257)
        let error = #expect(throws: YAMLError.self) { try YAMLParser.documents("a: b\n\"c\(marks)\": d\n") }
        #expect(error?.code == .limit && error?.line == 2)
    }

    @Test
    func readsJSONWithItsEscapes() throws {
        #expect(
            try YAMLParser.document(#"{"a": "\ud83d\ude00\/", "b": [1.5, null]}"#) == ["a": "😀/", "b": [1.5, nil]])
    }

    @Test
    func tellsThePlacesOfParts() throws {
        let text = "a: 1\nspec:\n  items:\n    - name: x\n    - name: y\n"
        let document = try YAMLParser.markedDocument(Array(text.utf8))
        #expect(document.mark(at: ["spec"]) == Mark(line: 2, column: 1))
        #expect(document.mark(at: ["spec", "items", "1", "name"]) == Mark(line: 5, column: 7))
        #expect(document.mark(at: ["spec", "missing", "deeper"]) == Mark(line: 2, column: 1))
        #expect(document.mark(at: []) == Mark(line: 1, column: 1))
    }
}
