// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding

/// Runs the rules (`x-kubernetes-validations`) of every level.
struct RuleValidator {
    private(set) var errors: [FieldError] = []
    private let budget = CELBudget(CELBudget.perObject)
    /// Once the budget is gone, nothing more is run.
    private var isExhausted = false

    mutating func validate(
        _ value: JSONValue, _ old: JSONValue?, _ schema: SchemaNode, _ path: FieldPath, isRoot: Bool = false
    ) {
        guard !value.isNull, !isExhausted, schema.hasRules else { return }
        run(value, old, schema, path, isRoot)
        switch value {
        case .object(let object):
            for (name, child) in object {
                if let property = schema.property(name) {
                    validate(child, old?[name], property, path.child(name))
                } else if case .schema(let additional) = schema.additionalProperties {
                    validate(child, old?[name], additional, path.key(name))
                }
            }
        case .array(let elements):
            guard let items = schema.items else { return }
            let correlation = ListCorrelation(old, schema)
            for (index, element) in elements.enumerated() {
                validate(element, correlation.old(of: element), items, path.element(index))
            }
        default: break
        }
    }

    private mutating func run(
        _ value: JSONValue, _ old: JSONValue?, _ schema: SchemaNode, _ path: FieldPath, _ isRoot: Bool
    ) {
        guard !schema.rules.isEmpty else { return }
        let current = schema.celValue(value, isRoot: isRoot)
        let before = old.flatMap { $0.isNull ? nil : schema.celValue($0, isRoot: isRoot) }
        let isUnchanged = old == value
        for rule in schema.rules {
            var variables = ["self": current]
            if let before {
                variables["oldSelf"] = before
            } else if rule.isTransition {
                continue
            }
            if isUnchanged, !rule.isTransition { continue }
            run(rule, variables, schema, value, path)
            if isExhausted { return }
        }
    }

    private mutating func run(
        _ rule: ValidationRule, _ variables: [String: CELValue], _ schema: SchemaNode, _ value: JSONValue,
        _ path: FieldPath
    ) {
        let typeName = JSONValue.string(schema.isIntOrString ? "" : schema.type?.rawValue ?? "object")
        do {
            let callBudget = CELBudget(min(CELBudget.perExpression, budget.remaining))
            let before = callBudget.remaining
            let result = try rule.program.evaluate(CELActivation(variables), budget: callBudget)
            try budget.spend(before - callBudget.remaining)
            guard result != .bool(true) else { return }
            let detail = message(rule)
            let place = rule.fieldPath.map { path.appending(relative: $0) } ?? path
            errors.append(failure(rule, at: place, value, detail))
        } catch CELEvaluationError.costLimitExceeded {
            isExhausted = true
            errors.append(
                FieldError(
                    .invalid, at: path.text, badValue: typeName,
                    "'\(CELEvaluationError.costLimitExceeded)': no further validation rules will be run due to "
                        + "call cost exceeds limit for rule: \(rule.shortText)"))
        } catch CELEvaluationError.noSuchOverload {
            errors.append(
                FieldError(
                    .invalid, at: path.text, badValue: typeName,
                    "'no such overload': call arguments did not match a supported operator, function or macro "
                        + "signature for rule: \(rule.shortText)"))
        } catch {
            errors.append(
                FieldError(
                    .invalid, at: path.text, badValue: typeName, "\(error) evaluating rule: \(rule.shortText)"))
        }
    }

    /// The server shows a scalar that breaks its own rule; of objects, lists and other fields it shows nothing.
    private func failure(
        _ rule: ValidationRule, at place: FieldPath, _ value: JSONValue, _ detail: String
    ) -> FieldError {
        var shown: JSONValue?
        switch value {
        case .object, .array: break
        default: if rule.fieldPath == nil { shown = value }
        }
        return switch rule.reason {
        case .required, .forbidden: FieldError(rule.reason, at: place.text, detail)
        case .duplicate: FieldError(.duplicate, at: place.text, badValue: shown)
        default: FieldError(rule.reason, at: place.text, badValue: shown, detail)
        }
    }

    private func message(_ rule: ValidationRule) -> String { rule.message ?? "failed rule: \(rule.rule)" }
}

extension ValidationRule {
    /// The rule as messages show it.
    fileprivate var shortText: String {
        if let message, !message.isEmpty { return message }
        return rule
    }
}

extension FieldPath {
    /// The path with a relative JSON path behind it, such as `.a.b` or `['a']`.
    fileprivate func appending(relative: String) -> FieldPath {
        if text.isEmpty, relative.hasPrefix(".") { return FieldPath(text: String(relative.dropFirst())) }
        return FieldPath(text: text + relative)
    }
}
