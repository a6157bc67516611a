// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@Suite struct DynamicObjectTests {
    @Test func `setting metadata keeps what the model does not have`() throws {
        var object = DynamicObject(
            try JSONValue.parse(
                #"{"metadata":{"name":"a","labels":{"x":"1"},"managedFields":[{"manager":"m"}],"selfLink":"s"}}"#)
        )
        object.metadata.labels = [:]
        object.metadata.finalizers = ["f"]
        #expect(object.content["metadata"]?["managedFields"] != nil)
        #expect(object.content["metadata"]?["selfLink"] == "s")
        #expect(object.content["metadata"]?["labels"] == nil)
        #expect(object.content["metadata"]?["finalizers"] == ["f"])
    }

    @Test func `reading and writing change nothing`() throws {
        let content = try JSONValue.parse(
            #"{"apiVersion":"x/v1","kind":"Y","metadata":{"name":"a"},"spec":{"z":[1,null]}}"#)
        let object = try content.decode(DynamicObject.self)
        #expect(object.content == content)
        #expect(try JSONValue(encoding: object) == content)
    }

    @Test func `what can be read of poison is kept`() throws {
        let content = try JSONValue.parse(
            #"{"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"7","labels":{"x":1}}}"#)
        struct Problem: Error {}
        let poison = PoisonObject(try JSONNode.tokenize(content.encoded()), problem: Problem())
        #expect(poison.key == ObjectKey("n/a"))
        #expect(poison.metadata.uid == "u")
        #expect(poison.metadata.resourceVersion == "7")
        #expect(PoisonObject(try JSONNode.tokenize(Array("null".utf8)), problem: Problem()).metadata == ObjectMeta())
    }
}
