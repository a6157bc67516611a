// SPDX-License-Identifier: MIT
import ExpressionLanguage
import FoundationEssentials
import JSONCoding
import Testing
import YAMLCoding

/// What is evaluated is what the product's own definitions and policies use, no more and no less.
@Suite struct ExpressionSubsetTests {
    /// Every text under a key that holds an expression, in all files of the folders.
    private static func expressions() throws -> [String] {
        var found: [String] = []
        func collect(_ value: JSONValue) {
            for (key, member) in value.objectValue ?? [:] {
                if ["rule", "expression", "messageExpression"].contains(key), let text = member.stringValue {
                    found.append(text)
                }
                collect(member)
            }
            for item in value.arrayValue ?? [] { collect(item) }
        }
        for folder in ["crds", "manifests"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(Fixture.root)/\(folder)")
            for name in names where name.hasSuffix(".yaml") {
                try YAMLParser.documents(Fixture.text("\(folder)/\(name)")).forEach(collect)
            }
        }
        return found
    }

    @Test func isExactlyWhatOurRulesUse() throws {
        let expressions = try Self.expressions()
        #expect(expressions.count > 40)
        // Types do not matter for what is used, so everything may be anything.
        var variables: [String: CELType] = [:]
        for name in ["self", "oldSelf", "object", "oldObject", "request", "namespaceObject", "variables"] {
            variables[name] = .dyn
        }
        var used: Set<String> = []
        for text in expressions {
            used.formUnion(
                try CELProgram(
                    parse: text, environment: CELEnvironment(variables: variables, subset: .everything)
                ).features)
        }
        #expect(used == CELSubset.product.features)
    }
}
