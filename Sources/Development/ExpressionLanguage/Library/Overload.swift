// SPDX-License-Identifier: MIT

/// One form of a function: for arguments of these types.
struct Overload: Sendable {
    let name: String
    /// Called as `object.name(…)`, the object being the first parameter.
    let isMember: Bool
    let parameters: [CELType]
    let result: CELType
    let call: @Sendable ([CELValue], CELBudget) throws -> CELValue
}

/// Every function and operator, by name.
enum FunctionLibrary {
    static let overloads: [String: [Overload]] = {
        let all =
            arithmetic + comparisons + conversions + strings + stringLists + regularExpressions + lists + time
            + optionals
        return Dictionary(grouping: all, by: \.name)
    }()

    /// Functions of Kubernetes' other libraries, which are named when one is used.
    static let known: Set<String> = [
        "quantity", "isQuantity", "sign", "isInteger", "asInteger", "asApproximateFloat", "add", "sub", "isLessThan",
        "isGreaterThan", "compareTo", "url", "isURL", "getScheme", "getHost", "getHostname", "getPort",
        "getEscapedPath", "getQuery", "ip", "isIP", "cidr", "isCIDR", "containsIP", "containsCIDR", "prefixLength",
        "family", "isCanonical", "isUnspecified", "isLoopback", "isGlobalUnicast", "masked", "format", "named",
        "dns1123Label", "dns1123Subdomain", "validate", "semver", "isSemver", "major", "minor", "patch", "sets",
        "intersects", "equivalent", "group", "serviceAccount", "resource", "subresource", "namespace", "name", "check",
        "allowed", "reason", "errored", "error", "path", "slice", "flatten", "distinct", "sort", "range", "first",
        "last", "quote", "math", "base64", "encode", "decode", "lists", "strings",
    ]

    // Makers, so that a form reads like its signature.

    static func global(
        _ name: String, _ parameters: [CELType], _ result: CELType,
        _ call: @escaping @Sendable ([CELValue], CELBudget) throws -> CELValue
    ) -> Overload {
        Overload(name: name, isMember: false, parameters: parameters, result: result, call: call)
    }

    static func member(
        _ name: String, _ parameters: [CELType], _ result: CELType,
        _ call: @escaping @Sendable ([CELValue], CELBudget) throws -> CELValue
    ) -> Overload {
        Overload(name: name, isMember: true, parameters: parameters, result: result, call: call)
    }
}

extension CELValue {
    var string: String {
        get throws {
            if case .string(let value) = self { return value }
            throw mismatch("string")
        }
    }
    var int: Int64 {
        get throws {
            if case .int(let value) = self { return value }
            throw mismatch("int")
        }
    }
    var elements: [CELValue] {
        get throws {
            if case .list(let list) = self { return list.elements }
            throw mismatch("list")
        }
    }

    func mismatch(_ expected: String) -> CELEvaluationError {
        .noSuchOverload("found \(typeName), expected \(expected)")
    }
}
