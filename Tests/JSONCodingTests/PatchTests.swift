// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@Suite struct PatchTests {
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        ("[1]", #"{"a":1}"#, #"{"a":1}"#), (#"{"a":[1]}"#, #"{"a":[2,3]}"#, #"{"a":[2,3]}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func mergePatchOfRFC7396(target: String, patch: String, result: String) throws {
        #expect(MergePatch.apply(try .parse(patch), to: try .parse(target)) == (try .parse(result)))
    }

    @Test(arguments: [("{}", #"{"a":1}"#), (#"{"a":1,"b":{"c":2,"d":3}}"#, #"{"b":{"c":2,"e":[1]}}"#), (#"{"a":1}"#, #"{"a":1}"#)])
    func differenceAppliedGivesTheTarget(old: String, new: String) throws {
        let (old, new) = (try JSONValue.parse(old), try JSONValue.parse(new))
        let patch = MergePatch.difference(from: old, to: new)
        #expect((patch == nil) == (old == new))
        #expect(MergePatch.apply(patch ?? [:], to: old) == new)
    }

    @Test(arguments: [
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (#"{"foo":["a","b"]}"#, #"[{"op":"add","path":"/foo/1","value":"x"}]"#, #"{"foo":["a","x","b"]}"#),
        (#"{"foo":["a"]}"#, #"[{"op":"add","path":"/foo/-","value":"x"}]"#, #"{"foo":["a","x"]}"#),
        (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/1"}]"#, #"{"a":[1,3]}"#),
        (#"{"a":1}"#, #"[{"op":"replace","path":"/a","value":2}]"#, #"{"a":2}"#),
        (#"{"a":{"b":1},"c":{}}"#, #"[{"op":"move","from":"/a/b","path":"/c/d"}]"#, #"{"a":{},"c":{"d":1}}"#),
        (#"{}"#, #"[{"op":"test","path":"/a","value":null},{"op":"add","path":"/a","value":1}]"#, #"{"a":1}"#),
        (#"{"a":1}"#, #"[{"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b","value":1}]"#, #"{"a":1,"b":1}"#),
        (#"{"a/b":{"~":1}}"#, #"[{"op":"replace","path":"/a~1b/~0","value":2}]"#, #"{"a/b":{"~":2}}"#),
    ])
    func jsonPatch(target: String, patch: String, result: String) throws {
        let patch = try JSONPatch(.parse(patch))
        #expect(try patch.apply(to: .parse(target)) == .parse(result))
        #expect(try JSONPatch(patch.json) == patch)
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#), (#"{"a":1}"#, #"[{"op":"replace","path":"/b","value":1}]"#),
        (#"{"a":1}"#, #"[{"op":"test","path":"/b","value":0}]"#), (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":null}]"#),
        (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":2}]"#), (#"{"a":[]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#),
        (#"{"a":[1]}"#, #"[{"op":"remove","path":"/a/01"}]"#), (#"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#),
        (#"{}"#, #"[{"op":"frob","path":"/a"}]"#), (#"{}"#, #"[{"op":"add","path":"a","value":1}]"#),
    ])
    func jsonPatchRefuses(target: String, patch: String) {
        #expect(throws: JSONPatchError.self) { try JSONPatch(.parse(patch)).apply(to: .parse(target)) }
    }
}
