// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@Suite struct JSONValueTests {
    @Test(arguments: [
        ("null", JSONValue.null), ("true", true), (" 12 ", 12), ("-0", 0), ("1.5e3", 1500.0), ("\"a\\u00e9\\n\"", "aé\n"),
        ("\"\\ud83d\\ude00\"", "😀"), ("[]", []), ("[1,[2]]", [1, [2]]), ("{\"a\":{\"b\":[null]}}", ["a": ["b": [nil]]]),
        ("9223372036854775807", JSONValue.integer(Int64.max)), ("9223372036854775808", JSONValue.double(9_223_372_036_854_775_808)),
    ] as [(String, JSONValue)])
    func parses(text: String, expected: JSONValue) throws {
        #expect(try JSONValue.parse(text) == expected)
    }

    @Test(arguments: [
        "", "nul", "01", "1.", "+1", "1e", "\"", "\"\\x\"", "\"\\ud800\"", "\"\u{01}\"", "[1,]", "[1 2]", "{\"a\"}", "{a:1}",
        "{\"a\":1,}", "{\"a\":1,\"a\":2}", "1 2", "1e999", "[", "{", "\"\\u12\"",
    ])
    func refuses(text: String) {
        #expect(throws: JSONParseError.self) { try JSONValue.parse(text) }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect(throws: JSONParseError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
    }

    @Test func refusesDeepNestingWithoutOverflowingTheStack() {
        let text = String(repeating: "[", count: 1_000_000)
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parse(text) }
        #expect(error?.problem == "nested deeper than 128")
    }

    @Test func keepsOrderAndRoundTrips() throws {
        let text = #"{"z":1,"a":[true,null,"x\"\\\u0001"],"m":{"k":1.25}}"#
        #expect(try JSONValue.parse(text).encodedString() == text)
        #expect(try JSONValue.parse(JSONValue.parse(text).encoded(pretty: true)) == JSONValue.parse(text))
    }

    @Test func skipsManagedFieldsOnlyInMetadata() throws {
        let text = #"{"metadata":{"managedFields":[{"a":"}]"}],"name":"x"},"managedFields":1}"#
        let value = try JSONValue.parse(text, limits: JSONLimits(skipsManagedFields: true))
        #expect(value == ["metadata": ["name": "x"], "managedFields": 1])
    }

    @Test func buildsOnlyTheMembersThatAreWanted() throws {
        let limits = JSONLimits(members: ["a", "b"])
        let text = #"{"x":{"a":1},"a":[{"b":2,"y":"\ud83d\ude00"}],"x":[true],"\u0062":null}"#
        #expect(try JSONValue.parse(text, limits: limits) == ["a": [["b": 2]], "b": .null])
        for wrong in [#"{"a":1,"\u0061":2}"#, #"{"x":[}"#, #"{"x":"\ud83d"}"#, #"{"x":1"#] {
            #expect(throws: JSONParseError.self) { try JSONValue.parse(wrong, limits: limits) }
        }
        let invalid = Array(#"{"x":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(throws: JSONParseError.self) { try JSONValue.parse(invalid, limits: limits) }
    }

    @Test func objectsWithManyMembersAreFoundByIndex() {
        var object = JSONObject()
        for number in 0..<1000 { object["k\(number)"] = .integer(Int64(number)) }
        object["k500"] = nil
        #expect(object.count == 999)
        #expect(object["k500"] == nil)
        #expect(object["k999"] == 999)
        let shuffled = JSONObject(object.map { ($0.key, $0.value) }.shuffled())
        #expect(shuffled == object)
        #expect(shuffled.hashValue == object.hashValue)
    }

    struct Sample: Codable, Equatable {
        struct Inner: Codable, Equatable { var names: [String]?; var map: [String: Int] }
        var count: Int
        var ratio: Double
        var inner: Inner?
        var any: JSONValue?
        var when: Timestamp
    }

    @Test func codableRoundTrips() throws {
        let sample = Sample(
            count: 3, ratio: 0.5, inner: .init(names: ["a"], map: ["x": 1]), any: ["k": [1]],
            when: Timestamp(microseconds: 1_000_000))
        let value = try JSONValue(encoding: sample)
        #expect(value == ["count": 3, "ratio": 0.5, "inner": ["names": ["a"], "map": ["x": 1]], "any": ["k": [1]], "when": "1970-01-01T00:00:01Z"])
        #expect(try value.decode(Sample.self) == sample)
    }

    @Test func decodingErrorNamesTheField() throws {
        let value: JSONValue = ["count": 1, "ratio": 1, "inner": ["map": ["x": "no"]], "when": "1970-01-01T00:00:01Z"]
        let error = #expect(throws: DecodingError.self) { try value.decode(Sample.self) }
        #expect(error?.jsonSummary == "inner.map.x: expected an integer, found string")
    }
}
