// SPDX-License-Identifier: MIT
package import JSONCoding

/// A ValidatingAdmissionPolicyBinding (admissionregistration.k8s.io/v1): puts a policy into force.
package struct AdmissionPolicyBinding: Sendable {
    /// The binding's name.
    package let name: String
    /// The policy that it puts into force.
    package let policyName: String
    let actions: Set<String>
    let match: ResourceMatch

    /// Reads a binding.
    ///
    /// - Throws: `SchemaError` when it names no policy or no action, or has parameters, which are not supported.
    package init(_ object: JSONValue) throws(SchemaError) {
        var problems: [FieldError] = []
        name = object.at("metadata", "name")?.stringValue ?? ""
        policyName = object.at("spec", "policyName")?.stringValue ?? ""
        if policyName.isEmpty { problems.append(FieldError(.required, at: "spec.policyName")) }
        let list = (object.at("spec", "validationActions")?.arrayValue ?? []).compactMap(\.stringValue)
        actions = Set(list)
        if list.isEmpty { problems.append(FieldError(.required, at: "spec.validationActions")) }
        for action in list where !["Deny", "Warn", "Audit"].contains(action) {
            problems.append(
                FieldError(
                    .notSupported, at: "spec.validationActions", badValue: .string(action),
                    "supported values: \"Audit\", \"Deny\", \"Warn\""))
        }
        if object.at("spec", "paramRef") != nil {
            problems.append(FieldError(.forbidden, at: "spec.paramRef", "paramRef is not supported"))
        }
        match = ResourceMatch(object.at("spec", "matchResources"))
        guard problems.isEmpty else { throw SchemaError(problems: problems) }
    }
}
