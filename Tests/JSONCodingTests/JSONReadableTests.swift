// SPDX-License-Identifier: MIT
import Testing

@testable import JSONCoding

@Suite struct JSONReadableTests {
    private enum Color: String, JSONReadable, JSONWritable {
        case red, green
    }

    private struct Point: JSONReadable, JSONWritable, Equatable {
        var x: Int
        var name: String?
        var color: Color?
        var tags: [String] = []
        var near: [Point]?

        init(x: Int) { self.x = x }

        init(node: JSONNode) throws {
            x = try node.require("x")
            name = try node.read("name")
            color = try node.read("color")
            tags = try node.read("tags") ?? []
            near = try node.read("near")
        }

        var json: JSONValue {
            var object = JSONObject()
            object.put("x", x)
            object.put("name", name)
            object.put("color", color)
            object.put("tags", tags.isEmpty ? nil : tags)
            object.put("near", near)
            return .object(object)
        }
    }

    /// One that the compiler reads and writes, with one that reads and writes itself inside.
    private struct Holder: Codable, Equatable {
        var point: Point
        var all: [String: Point]
    }

    private func read(_ text: String) throws -> Point {
        try Point(node: JSONNode.tokenize(Array(text.utf8)))
    }

    @Test func `what is missing or null is nil`() throws {
        #expect(try read(#"{"x":1}"#) == Point(x: 1))
        #expect(try read(#"{"x":1,"name":null,"tags":null,"near":null,"other":{"x":2}}"#) == Point(x: 1))
    }

    @Test func `a value is written as it was read, on every way`() throws {
        let text: JSONValue = [
            "x": 1, "name": "a", "color": "green", "tags": ["t", "u"], "near": [["x": 2], ["x": 3, "name": "é"]],
        ]
        let point: Point = try text.decode()
        #expect(point.color == .green && point.tags == ["t", "u"] && point.near?.map(\.x) == [2, 3])
        #expect(try JSONValue(encoding: point) == text)
        let held: JSONValue = ["point": text, "all": ["a": ["x": 4]]]
        let holder: Holder = try held.decode()
        #expect(holder.point == point && holder.all["a"]?.x == 4)
        #expect(try JSONValue(encoding: holder) == held)
    }

    @Test(arguments: [
        (#"[]"#, "the value: expected an object, found array"),
        (#"{}"#, "the value: the field \"x\" is missing"),
        (#"{"x":null}"#, "x: expected an integer, found null"),
        (#"{"x":1.5}"#, "x: expected an integer, found number"),
        (#"{"x":1,"name":2}"#, "name: expected a string, found integer"),
        (#"{"x":1,"color":"blue"}"#, "color: \"blue\" is no Color"),
        (#"{"x":1,"tags":["a",1]}"#, "tags.[1]: expected a string, found integer"),
        (#"{"x":1,"near":[{"x":1},{"x":2,"tags":{}}]}"#, "near.[1].tags: expected an array, found object"),
    ])
    func `errors name the field`(text: String, summary: String) {
        let error = #expect(throws: DecodingError.self) { try read(text) }
        #expect(error?.jsonSummary == summary)
    }
}
