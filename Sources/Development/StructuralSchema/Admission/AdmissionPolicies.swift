// SPDX-License-Identifier: MIT
import ExpressionLanguage
package import JSONCoding

/// What the policies say to a request.
package enum AdmissionDecision: Sendable, Hashable {
    /// Go on, with what a client should be warned of.
    case allowed(warnings: [String])
    /// Refuse: what a `Status` says about it.
    case denied(message: String, reason: String, code: Int)
}

/// All policies in force.
package struct AdmissionPolicies: Sendable {
    private let policies: [String: AdmissionPolicy]
    private let bindings: [AdmissionPolicyBinding]

    /// Policies and the bindings that put them into force; a policy without a binding does nothing.
    package init(policies: [AdmissionPolicy], bindings: [AdmissionPolicyBinding]) {
        self.policies = Dictionary(policies.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        self.bindings = bindings.sorted { $0.name < $1.name }
    }

    /// What they say to a request.
    ///
    /// - Parameter namespaceObject: the namespace of the object; `nil` for objects outside namespaces.
    package func decide(_ request: AdmissionRequest, namespaceObject: JSONValue?) -> AdmissionDecision {
        // Policies themselves are exempt, or a wrong one could never be removed.
        if request.group == "admissionregistration.k8s.io",
            request.resource.hasPrefix("validatingadmissionpolic") || request.resource.hasPrefix("mutatingadmission")
        {
            return .allowed(warnings: [])
        }
        var warnings: [String] = []
        for binding in bindings {
            guard let policy = policies[binding.policyName],
                policy.match.matches(request, namespaceObject: namespaceObject, needsRules: true),
                binding.match.matches(request, namespaceObject: namespaceObject, needsRules: false)
            else { continue }
            for failure in policy.failures(request, namespaceObject) {
                let prefix =
                    "ValidatingAdmissionPolicy '\(policy.name)' with binding '\(binding.name)' denied request: "
                if binding.actions.contains("Deny") { return failure.denial(request, prefix) }
                if binding.actions.contains("Warn") {
                    warnings.append(
                        "Validation failed for ValidatingAdmissionPolicy '\(policy.name)' with binding "
                            + "'\(binding.name)': \(failure.message)")
                }
            }
        }
        return .allowed(warnings: warnings)
    }
}

/// One validation that a request did not pass.
private struct PolicyFailure {
    let message: String
    let reason: String

    func denial(_ request: AdmissionRequest, _ prefix: String) -> AdmissionDecision {
        let resource = request.group.isEmpty ? request.resource : "\(request.resource).\(request.group)"
        let name = request.name.isEmpty ? "Unknown" : request.name
        let code =
            switch reason {
            case "Unauthorized": 401
            case "Forbidden": 403
            case "RequestEntityTooLarge": 413
            default: 422
            }
        return .denied(
            message: "\(resource) \"\(name)\" is forbidden: \(prefix)\(message)", reason: reason, code: code)
    }
}

extension AdmissionPolicy {
    /// Everything that the request does not pass; empty when the policy is not about it.
    fileprivate func failures(_ request: AdmissionRequest, _ namespaceObject: JSONValue?) -> [PolicyFailure] {
        let budget = CELBudget(CELBudget.perObject)
        // Some policies are asked about every write and look at little of it: nothing is converted unasked.
        let activation = CELActivation(["params": .null])
        let values: [(String, @Sendable () -> JSONValue?)] = [
            ("object", { request.object }), ("oldObject", { request.oldObject }), ("request", { request.json }),
            ("namespaceObject", { namespaceObject }),
        ]
        for (name, value) in values { activation.bindLazily(name) { CELValue(value() ?? .null) } }
        for (name, expression) in variables {
            activation.bindLazily("variables.\(name)") { [unowned activation] in
                try expression.program.evaluate(activation, budget: budget)
            }
        }
        switch isAbout(activation, budget) {
        case .success(false): return []
        case .success(true): break
        case .failure(let failure): return failurePolicy == .fail ? [failure] : []
        }
        var failures: [PolicyFailure] = []
        for validation in validations {
            do {
                let result = try validation.expression.program.evaluate(activation, budget: budget)
                if result == .bool(true) { continue }
                failures.append(
                    PolicyFailure(message: message(validation, activation, budget), reason: validation.reason))
            } catch {
                guard failurePolicy == .fail else { continue }
                failures.append(
                    PolicyFailure(
                        message: "expression '\(validation.expression.text)' resulted in error: \(error)",
                        reason: "Invalid"))
            }
        }
        return failures
    }

    /// Whether all conditions hold. One that does not hold decides even when another one fails.
    private func isAbout(_ activation: CELActivation, _ budget: CELBudget) -> Result<Bool, PolicyFailure> {
        var failure: PolicyFailure?
        for condition in conditions {
            do {
                if try condition.expression.program.evaluate(activation, budget: budget) != .bool(true) {
                    return .success(false)
                }
            } catch {
                failure =
                    failure
                    ?? PolicyFailure(
                        message: "[expression '\(condition.expression.text)' resulted in error: \(error)]",
                        reason: "Invalid")
            }
        }
        return failure.map { .failure($0) } ?? .success(true)
    }

    private func message(
        _ validation: Validation, _ activation: CELActivation, _ budget: CELBudget
    ) -> String {
        if let expression = validation.messageExpression,
            case .string(let text)? = try? expression.program.evaluate(activation, budget: budget),
            !text.utf8.allSatisfy({ $0 == 0x20 }), text.utf8.count <= 5120, !text.utf8.contains(0x0A)
        {
            return text
        }
        return validation.message ?? "failed expression: \(validation.expression.text)"
    }
}

extension PolicyFailure: Error {}
