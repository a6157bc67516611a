// SPDX-License-Identifier: MIT
import Testing

@testable import JSONCoding

@Suite struct JSONNodeTests {
    private func node(_ text: String, limits: JSONLimits = .default) throws -> JSONNode {
        try JSONNode.tokenize(Array(text.utf8), limits: limits)
    }

    // MARK: The same as the parser

    @Test(arguments: [
        "null", "true", " 12 ", "-0", "1.5e3", #""a\u00e9\n""#, #""\ud83d\ude00""#, "[]", "[1,[2]]", "{}",
        #"{"a":{"b":[null]}}"#, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0.1",
        #"{"z":1,"a":[true,null,"x\"\\"],"m":{"k":1.25}}"#, #""é😀""#, #"[ { "a" : [ ] , "b" : { } } , false ]"#,
        #"{"é":1,"\u0061":2}"#,
    ])
    func `values are the same as of the parser`(text: String) throws {
        #expect(try node(text).value() == JSONValue.parse(text))
    }

    @Test(arguments: [
        "", "nul", "nulL", "01", "1.", "+1", "1e", "\"", "\"\u{01}\"", "[1,]", "[1 2]", "{\"a\"}", "{a:1}", "{\"a\":1,}",
        "1 2", "[", "{", "[}", "{]", "\"\\", "{\"a\":}", ",", "{\"a\":1 \"b\":2}",
    ])
    func `text that is not JSON is refused`(text: String) {
        #expect(throws: JSONParseError.self) { try node(text) }
    }

    @Test(arguments: [#""\x""#, #""\ud800""#, #""\u12""#, "1e999"])
    func `what is wrong inside a scalar is found when it is asked for`(text: String) throws {
        let node = try node(text)
        #expect(throws: JSONParseError.self) { try node.value() }
        #expect(throws: DecodingError.self) { try node.decode(String.self) }
        #expect(throws: DecodingError.self) { try node.decode(Double.self) }
    }

    @Test func `bytes that are not UTF-8 are found when they are asked for`() throws {
        let node = try JSONNode.tokenize(Array(#"{"a":"#.utf8) + [0x22, 0xFF, 0x22] + Array("}".utf8))
        #expect(throws: JSONParseError.self) { try node.value() }
        #expect(node["a"]?.stringValue == nil)
        #expect(node["a"]?.typeName == "string")
    }

    @Test func `nesting and length are bounded`() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONParseError(problem: "nested deeper than 128", offset: 128)) { try node(deep) }
        let limits = JSONLimits(maximumBytes: 4)
        #expect(throws: JSONParseError.self) { try node("[1,2]", limits: limits) }
    }

    @Test func `managed fields in metadata are passed over`() throws {
        let text = #"{"metadata":{"managedFields":[{"a":"}]\""}],"name":"x"},"managedFields":1,"n":{"managedFields":2}}"#
        let limits = JSONLimits(skipsManagedFields: true)
        let node = try node(text, limits: limits)
        #expect(try node.value() == ["metadata": ["name": "x"], "managedFields": 1, "n": ["managedFields": 2]])
        #expect(try node.value() == JSONValue.parse(text, limits: limits))
        #expect(node.tape.tokens.count == 11)
    }

    @Test func `members are found by name, and the last of a name counts`() throws {
        let node = try node(#"{"a":1,"ab":{"c":"x"},"a":2,"A":3,"d\u0065":4}"#)
        #expect(try node["a"]?.value() == 2)
        #expect(node["ab"]?["c"]?.stringValue == "x")
        #expect(try node["de"]?.value() == 4)
        #expect(node["b"] == nil && node["ab"]?["x"] == nil && node["a"]?["x"] == nil)
    }

    // MARK: Decoding

    struct Sample: Codable, Equatable {
        struct Inner: Codable, Equatable {
            var names: [String]?
            var map: [String: Int]
        }
        var count: Int
        var small: UInt8?
        var ratio: Double
        var isOn: Bool?
        var text: String?
        var inner: [Inner]?
        var labels: [String: String]?
        var any: JSONValue?
    }

    @Test(arguments: [
        #"{"count":1,"ratio":2}"#,
        #"{"count":-7,"ratio":0.5,"isOn":false,"text":"é","inner":[{"map":{"a":1}},{"names":["x","y"],"map":{}}]}"#,
        #"{"count":1,"ratio":2,"text":null,"inner":[],"labels":{"a":"b","c":""},"any":{"x":[1,null]},"more":{"y":1}}"#,
        #"{"count":3.0,"ratio":1e2,"small":255}"#,
    ])
    func `typed values are the same as by way of a value`(text: String) throws {
        #expect(try node(text).decode(Sample.self) == JSONValue.parse(text).decode(Sample.self))
    }

    @Test(arguments: [
        (#"{"ratio":1}"#, "the value: the field \"count\" is missing"),
        (#"{"count":"x","ratio":1}"#, "count: expected an integer, found string"),
        (#"{"count":1.5,"ratio":1}"#, "count: expected an integer, found number"),
        (#"{"count":1,"ratio":true}"#, "ratio: expected a number, found boolean"),
        (#"{"count":1,"ratio":1,"small":256}"#, "small: 256 does not fit UInt8"),
        (#"{"count":1,"ratio":1,"inner":{}}"#, "inner: expected an array, found object"),
        (#"{"count":1,"ratio":1,"inner":[{"map":{}},{"map":{"k":"v"}}]}"#, "inner.[1].map.k: expected an integer, found string"),
        (#"{"count":1,"ratio":1,"labels":{"a":1}}"#, "labels.a: expected a string, found integer"),
        (#"{"count":1,"ratio":1,"inner":[{"map":{},"names":["x",2]}]}"#, "inner.[0].names.[1]: expected a string, found integer"),
        (#"[]"#, "the value: expected an object, found array"),
    ])
    func `errors name the field`(text: String, summary: String) throws {
        let error = #expect(throws: DecodingError.self) { try node(text).decode(Sample.self) }
        #expect(error?.jsonSummary == summary)
    }

    // MARK: Lists

    @Test func `elements come one by one, and the rest of the object is kept`() throws {
        let text = #" { "kind":"L","items":[{"n":1},{"n":2}, 3 ],"metadata":{"managedFields":1,"resourceVersion":"7"} } "#
        var items: [JSONValue] = []
        let rest = try JSONNode.readItems(
            Array(text.utf8), limits: JSONLimits(skipsManagedFields: true)
        ) { items.append((try? $0.value()) ?? nil) }
        #expect(items == [["n": 1], ["n": 2], 3])
        #expect(rest == ["kind": "L", "metadata": ["resourceVersion": "7"]])
    }

    @Test(arguments: [#"{}"#, #"{"items":[]}"#, #"{"items":null}"#, #"{"items" : [ ] }"#])
    func `a list may be empty`(text: String) throws {
        var count = 0
        #expect(try JSONNode.readItems(Array(text.utf8)) { _ in count += 1 }.isEmpty)
        #expect(count == 0)
    }

    @Test func `items that are no array are kept as they are`() throws {
        #expect(try JSONNode.readItems(Array(#"{"items":{"a":1}}"#.utf8)) { _ in } == ["items": ["a": 1]])
    }

    @Test(arguments: [
        "", "[]", "{", #"{"items":[1"#, #"{"items":[1,]}"#, #"{"items":[1 2]}"#, #"{"items":[]"#, #"{"items":[]} x"#,
        #"{"items":[],}"#, #"{"items" []}"#, #"{"items":[{]}"#,
    ])
    func `a list that is not JSON is refused`(text: String) {
        #expect(throws: JSONParseError.self) { try JSONNode.readItems(Array(text.utf8)) { _ in } }
    }

    /// Any prefix of a text is refused, and none crashes.
    @Test func `a text that was cut off is refused wherever it was cut`() throws {
        let bytes = Array(#"{"items":[{"a":"\u00e9\\","b":[1.5e3,true,null,-2]},{"é":{}}],"m":{"k":"v"}}"#.utf8)
        #expect(throws: Never.self) { try JSONNode.tokenize(bytes) }
        for length in 0..<bytes.count {
            let prefix = Array(bytes[..<length])
            #expect(throws: JSONParseError.self) { try JSONNode.tokenize(prefix) }
            #expect(throws: JSONParseError.self) { try JSONNode.readItems(prefix) { _ in } }
        }
    }

    // MARK: The pool

    @Test func `equal texts are one, and different ones of one place are not mixed up`() throws {
        let pool = JSONStringPool(places: 1)
        let texts = ["registry.example.com/agent:1", "registry.example.com/agent:2", "short", "registry.example.com/agent:1"]
        for text in texts + texts.reversed() { #expect(pool.string(Array(text.utf8)[...]) == text) }
        let long = String(repeating: "x", count: 1000)
        #expect(pool.string(Array(long.utf8)[...]) == long)
        let node = try JSONNode.tokenize(Array(#"["codex-k8s.dev/repository","codex-k8s.dev/repository"]"#.utf8), pool: pool)
        #expect(try node.decode([String].self) == ["codex-k8s.dev/repository", "codex-k8s.dev/repository"])
    }
}
