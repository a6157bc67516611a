// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Testing

@Suite struct SelectorTests {
    @Test(arguments: [
        ("", true), ("a=1", true), ("a==1", true), ("a = 1 , b=2", true), ("a=2", false), ("a!=1", false),
        ("a!=2", true), ("c!=1", true), ("a", true), ("c", false), ("!c", true), ("!a", false), ("a in (1,2)", true),
        ("a in (2,3)", false), ("c in (1)", false), ("a notin (2,3)", true), ("a notin (1)", false),
        ("c notin (1)", true), ("a in (1),b in (2),!c", true), ("a=1,a=2", false), ("n>4", true), ("n>5", false),
        ("n<6", true), ("n<5", false), ("a>0,c>0", false), ("x.dev/y=z", true), ("empty=", true), ("empty!=", false),
        ("empty in ()", true),
    ])
    func `query selectors match`(text: String, isMatch: Bool) throws {
        let labels = ["a": "1", "b": "2", "n": "5", "x.dev/y": "z", "empty": ""]
        let selector = try LabelSelector(parsing: text)
        #expect(selector.matches(labels) == isMatch)
        // What is sent means the same as what was read.
        #expect(try LabelSelector(parsing: selector.queryString).matches(labels) == isMatch)
    }

    @Test(arguments: [
        "=1", "a=b c", "a in 1", "a in (1", "a within (1)", "a b", "/a=1", "x/y/z=1", "a>b", "!", "a=é", "a=1;b",
    ])
    func `text that is no selector is refused`(text: String) {
        #expect(throws: SelectorError.self) { try LabelSelector(parsing: text) }
    }

    @Test func `an operator that is not known selects nothing`() throws {
        let value = try JSONValue.parse(#"{"matchExpressions":[{"key":"a","operator":"Near","values":["1"]}]}"#)
        #expect(try !value.decode(LabelSelector.self).matches(["a": "1"]))
    }

    @Test func `the query form has a stable order`() {
        let selector = LabelSelector(
            matchLabels: ["b": "2", "a": "1"],
            matchExpressions: [LabelRequirement(key: "c", operator: .in, values: ["x", "y"])])
        #expect(selector.queryString == "a=1,b=2,c in (x,y)")
    }

    @Test(arguments: [
        ("metadata.name=a", true), ("metadata.name==a", true), ("metadata.name!=a", false), ("metadata.name=b", false),
        ("status.phase!=Running,metadata.namespace=d", true), ("spec.missing=", true), ("spec.n=3", true),
    ])
    func `field selectors match`(text: String, isMatch: Bool) throws {
        let object: JSONValue = [
            "metadata": ["name": "a", "namespace": "d"], "status": ["phase": "Pending"], "spec": ["n": 3],
        ]
        let selector = try FieldSelector(parsing: text)
        #expect(selector.matches(object) == isMatch)
        #expect(try FieldSelector(parsing: selector.queryString) == selector)
    }

    @Test(arguments: ["a", "=b"])
    func `text that is no field selector is refused`(text: String) {
        #expect(throws: SelectorError.self) { try FieldSelector(parsing: text) }
    }
}
