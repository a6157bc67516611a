// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding
import StructuralSchema
import Testing

/// Holds the schemas' verdicts to those of a real API server, recorded in `Fixtures/apiserver-verdicts.json`.
@Suite struct ServerVerdictTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        var name: String { json["name"]?.stringValue ?? "" }
        var operation: String { json["operation"]?.stringValue ?? "" }
        var testDescription: String { "\(operation): \(name)" }
        var new: JSONValue { json["new"] ?? .null }
        var old: JSONValue? { json["old"] }
        var verdict: JSONValue { json["verdict"] ?? .null }
    }

    static let cases: [Case] = {
        guard let text = try? Fixture.text("Tests/StructuralSchemaTests/Fixtures/apiserver-verdicts.json"),
            let cases = try? JSONValue.parse(text)["cases"]?.arrayValue
        else { return [] }
        return cases.map(Case.init)
    }()

    @Test func thereAreManyCases() { #expect(Self.cases.count > 100) }

    @Test(arguments: cases) func verdictIsTheServers(_ testCase: Case) throws {
        let plural = testCase.new["kind"] == "AgentRun" ? "agentruns" : "issuenamespaces"
        let schema = try Fixture.schema(plural)
        var object = testCase.new
        switch testCase.operation {  // what the server's strategy does with the status
        case "create": object["status"] = nil
        case "update": object["status"] = testCase.old?["status"]
        default: break
        }
        object = schema.applyDefaults(schema.prune(object))
        let errors = schema.validate(object, old: testCase.old, statusOnly: testCase.operation == "status")
        let found = Set(errors.map { "\($0.path)|\($0.reason.rawValue)|\($0.message)" })
        let expected = Set(
            (testCase.verdict["causes"]?.arrayValue ?? []).map { cause in
                "\(cause["field"]?.stringValue ?? "")|\(cause["reason"]?.stringValue ?? "")|"
                    + "\(cause["message"]?.stringValue ?? "")"
            })
        #expect(found == expected)
        if testCase.verdict["accepted"] == true {
            #expect(object["spec"] == testCase.verdict.at("object", "spec"))
            #expect(object["status"] == testCase.verdict.at("object", "status"))
        }
    }

    /// Rules at every kind of value: what the server shows of it, and how it tells of rules that fail.
    @Test func rulesAreToldAsTheServerTells() throws {
        let recorded = try JSONValue.parse(
            try Fixture.text("Tests/StructuralSchemaTests/Fixtures/apiserver-rules.json"))
        let schema = try StructuralSchema(
            openAPI: ["type": "object", "properties": ["spec": recorded["schema"] ?? .null]], subset: .everything)
        let cases = recorded["cases"]?.arrayValue ?? []
        #expect(cases.count > 10)
        for testCase in cases {
            let object = schema.applyDefaults(schema.prune(["spec": testCase["spec"] ?? .null]))
            let found = Set(schema.validate(object).map { "\($0.path)|\($0.reason.rawValue)|\($0.message)" })
            let expected = Set(
                (testCase["causes"]?.arrayValue ?? []).map { cause in
                    "\(cause["field"]?.stringValue ?? "")|\(cause["reason"]?.stringValue ?? "")|"
                        + "\(cause["message"]?.stringValue ?? "")"
                })
            #expect(found == expected, "\(testCase["spec"] ?? .null)")
        }
    }
}
