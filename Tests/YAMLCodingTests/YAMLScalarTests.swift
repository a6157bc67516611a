// SPDX-License-Identifier: MIT
import JSONCoding
import Testing
import YAMLCoding

/// The expected values are what `kubectl annotate --local -o json` (1.32) made of the same text.
@Suite(.timeLimit(.minutes(1)))
struct YAMLScalarTests {
    @Test(
        arguments: [
            ("true", true), ("True", true), ("TRUE", true), ("yes", true), ("Yes", true), ("YES", true), ("y", true),
            ("Y", true), ("on", true), ("On", true), ("ON", true), ("false", false), ("no", false), ("n", false),
            ("N", false), ("off", false), ("Off", false), ("tRue", "tRue"), ("yEs", "yEs"), ("oN", "oN"),
        ] as [(String, JSONValue)])
    func readsBooleansLikeKubectl(text: String, expected: JSONValue) throws {
        #expect(try YAMLParser.document("x: \(text)") == ["x": expected])
    }

    @Test(arguments: ["null", "Null", "NULL", "~", ""])
    func readsNull(text: String) throws {
        #expect(try YAMLParser.document("x: \(text)") == ["x": nil])
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("+1", 1), ("12", 12), ("0777", 511), ("0o17", 15), ("0o9", "0o9"), ("08", 8),
            ("0x1F", 31), ("0b101", 5), ("-0x1F", -31), ("1_000", 1000),
            ("9223372036854775807", 9_223_372_036_854_775_807),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", 9.223372036854775808e18), ("1__0", 10),
            ("_1", "_1"), ("0b2", "0b2"), ("-0b101", -5), ("190:20:30", "190:20:30"), ("1e3", 1000), ("1e+3", 1000),
            ("1E3", 1000), ("12e03", 12000), ("0x", "0x"), ("0x-1", "0x-1"), ("+-1", "+-1"), ("-", "-"), ("--1", "--1"),
            ("1.2.3", "1.2.3"), ("10m", "10m"), ("1Gi", "1Gi"),
        ] as [(String, JSONValue)])
    func readsIntegersLikeKubectl(text: String, expected: JSONValue) throws {
        #expect(try YAMLParser.document("x: [\(text)]") == ["x": [expected]])
    }

    @Test(
        arguments: [
            ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("-1.5e-3", -0.0015), ("1.0", 1), ("+.5", 0.5),
            ("6.8523015e+5", 685230.15),
            ("1.5_0", 1.5), ("-0.0", 0), ("1.e5", 100000), ("e3", "e3"), ("1e", "1e"), ("1e400", "1e400"),
            ("123456789012345678901234567890.5", 1.2345678901234568e29), (".", "."), ("1.10", 1.1),
        ] as [(String, JSONValue)])
    func readsFloatsLikeKubectl(text: String, expected: JSONValue) throws {
        #expect(try YAMLParser.document("x: [\(text)]") == ["x": [expected]])
    }

    @Test(arguments: [
        "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "21:00", "=", "a b", "/a", "nUll",
    ])
    func keepsTheRestAsStrings(text: String) throws {
        #expect(try YAMLParser.document("x: \(text)") == ["x": .string(text)])
    }

    @Test(arguments: ["yes", "12", "1.5", "null", "", "0x1", "<<", "2001-12-14", "~"])
    func keepsQuotedScalarsAsStrings(text: String) throws {
        #expect(try YAMLParser.document("x: \"\(text)\"") == ["x": .string(text)])
        #expect(try YAMLParser.document("x: '\(text)'") == ["x": .string(text)])
    }

    @Test(
        arguments: [
            ("!!str 12", "12"), ("!!str true", "true"), ("!!int \"12\"", 12), ("!!float 3", 3),
            ("!!bool \"yes\"", true),
            ("!foo 12", "12"), ("!!binary aGk=", "hi"), ("!!binary \"aG\\n k=\"", "hi"), ("!<tag:yaml.org,2002:str> 5", "5"), ("! 12", "12"),
        ] as [(String, JSONValue)])
    func obeysTags(text: String, expected: JSONValue) throws {
        #expect(try YAMLParser.document("x: \(text)") == ["x": expected])
    }

    @Test(arguments: ["!!int abc", "!!bool 5", "!!float x", "!!null 1", ".inf", "-.Inf", ".nan", "!!binary \"/w==\""])
    func refusesWhatJSONCannotHold(text: String) {
        let error = #expect(throws: YAMLError.self) { try YAMLParser.document("a: 1\nx: \(text)") }
        #expect(error?.code == .value)
        #expect(error?.line == 2)
        #expect(error?.column == 4)
    }

    @Test
    func writesKeysAsStrings() throws {
        let text = "{1: a, true: b, 1.5: c, 2001-12-14: d, 0x10: e}"
        #expect(
            try YAMLParser.document(text) == ["1": "a", "true": "b", "1.5": "c", "2001-12-14": "d", "16": "e"])
    }
}
