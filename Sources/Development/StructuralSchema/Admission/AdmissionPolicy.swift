// SPDX-License-Identifier: MIT
import ExpressionLanguage
package import JSONCoding

/// A ValidatingAdmissionPolicy (admissionregistration.k8s.io/v1) that was read and compiled.
package struct AdmissionPolicy: Sendable {
    /// What happens when an expression gives no answer.
    enum FailurePolicy: String, Sendable {
        case fail = "Fail"
        case ignore = "Ignore"
    }

    struct Expression: Sendable {
        let text: String
        let program: CELProgram
    }

    struct Validation: Sendable {
        let expression: Expression
        let message: String?
        let messageExpression: Expression?
        let reason: String
    }

    /// The policy's name.
    package let name: String
    let match: ResourceMatch
    let conditions: [(name: String, expression: Expression)]
    let variables: [(name: String, expression: Expression)]
    let validations: [Validation]
    let failurePolicy: FailurePolicy

    /// Reads a policy.
    ///
    /// - Throws: `SchemaError` with every expression that cannot be compiled here, and everything else that is not
    ///   supported: parameters, audit annotations and the authorizer.
    package init(_ object: JSONValue) throws(SchemaError) {
        var reader = PolicyReader()
        let spec = object["spec"] ?? [:]
        name = object.at("metadata", "name")?.stringValue ?? ""
        if name.isEmpty { reader.problems.append(FieldError(.required, at: "metadata.name")) }
        for word in ["paramKind", "auditAnnotations"] {
            guard let value = spec[word], !value.isNull, value != [] else { continue }
            reader.problems.append(FieldError(.forbidden, at: "spec.\(word)", "\(word) is not supported"))
        }
        match = ResourceMatch(spec["matchConstraints"])
        if (spec.at("matchConstraints", "resourceRules")?.arrayValue ?? []).isEmpty {
            reader.problems.append(FieldError(.required, at: "spec.matchConstraints.resourceRules"))
        }
        failurePolicy = FailurePolicy(rawValue: spec["failurePolicy"]?.stringValue ?? "Fail") ?? .fail
        conditions = reader.named(spec["matchConditions"], "spec.matchConditions", declares: false)
        variables = reader.named(spec["variables"], "spec.variables", declares: true)
        validations = reader.validations(spec["validations"])
        guard reader.problems.isEmpty else { throw SchemaError(problems: reader.problems) }
    }
}

/// Compiles the expressions of a policy and collects what is wrong.
private struct PolicyReader {
    var problems: [FieldError] = []
    private var environment = CELEnvironment(
        variables: [
            "object": .dyn, "oldObject": .dyn, "request": PolicyTypes.request, "namespaceObject": .dyn,
        ],
        unsupported: [
            "authorizer": "the embedded API server does not offer its authorizer to policies",
            "params": "policies with parameters are not evaluated here",
        ])

    mutating func expression(_ json: JSONValue?, _ path: String, _ type: CELType?) -> AdmissionPolicy.Expression? {
        guard let text = json?.stringValue, !text.isEmpty else {
            problems.append(FieldError(.required, at: path))
            return nil
        }
        do {
            let program = try CELProgram(parse: text, environment: environment)
            if let type, program.resultType != type, program.resultType != .dyn {
                problems.append(
                    FieldError(.invalid, at: path, badValue: .string(text), "must evaluate to \(type)"))
            }
            return .init(text: text, program: program)
        } catch {
            problems.append(
                FieldError(.invalid, at: path, badValue: .string(text), "compilation failed: \(error)"))
            return nil
        }
    }

    /// Conditions, or variables, which each later expression may use.
    mutating func named(
        _ json: JSONValue?, _ path: String, declares: Bool
    ) -> [(name: String, expression: AdmissionPolicy.Expression)] {
        var result: [(name: String, expression: AdmissionPolicy.Expression)] = []
        for (index, entry) in (json?.arrayValue ?? []).enumerated() {
            let name = entry["name"]?.stringValue ?? ""
            let place = "\(path)[\(index)].expression"
            guard let expression = expression(entry["expression"], place, declares ? nil : .bool) else { continue }
            result.append((name, expression))
            if declares { environment.variables["variables.\(name)"] = expression.program.resultType }
        }
        return result
    }

    mutating func validations(_ json: JSONValue?) -> [AdmissionPolicy.Validation] {
        var result: [AdmissionPolicy.Validation] = []
        for (index, entry) in (json?.arrayValue ?? []).enumerated() {
            let place = "spec.validations[\(index)]"
            guard let expression = expression(entry["expression"], "\(place).expression", .bool) else { continue }
            var message: AdmissionPolicy.Expression?
            if entry["messageExpression"] != nil {
                message = self.expression(entry["messageExpression"], "\(place).messageExpression", .string)
            }
            result.append(
                AdmissionPolicy.Validation(
                    expression: expression, message: entry["message"]?.stringValue, messageExpression: message,
                    reason: entry["reason"]?.stringValue ?? "Invalid"))
        }
        if result.isEmpty, problems.isEmpty { problems.append(FieldError(.required, at: "spec.validations")) }
        return result
    }
}

/// Types of what policies see.
enum PolicyTypes {
    private static let strings: [String: CELType] = ["group": .string, "version": .string]

    static let request = CELType.object(
        CELObjectType(
            name: "kubernetes.AdmissionRequest",
            fields: [
                "uid": .string, "kind": kind, "resource": resource, "subResource": .string, "requestKind": kind,
                "requestResource": resource, "requestSubResource": .string, "name": .string, "namespace": .string,
                "operation": .string, "userInfo": userInfo, "dryRun": .bool, "options": .dyn,
            ]))

    private static let kind = CELType.object(
        CELObjectType(
            name: "kubernetes.GroupVersionKind", fields: strings.merging(["kind": .string]) { left, _ in left }))
    private static let resource = CELType.object(
        CELObjectType(
            name: "kubernetes.GroupVersionResource",
            fields: strings.merging(["resource": .string]) { left, _ in left }))
    private static let userInfo = CELType.object(
        CELObjectType(
            name: "kubernetes.UserInfo",
            fields: [
                "username": .string, "uid": .string, "groups": .list(.string), "extra": .map(.string, .list(.string)),
            ]))
}
