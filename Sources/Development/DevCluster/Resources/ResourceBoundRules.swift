// SPDX-License-Identifier: MIT
import JSONCoding

/// What quotas, limit ranges and containers may say about amounts.
enum ResourceBoundRules {
    /// `spec.hard` of a ResourceQuota.
    static func quota(_ object: JSONValue) -> [StatusError.Cause] {
        (object.at("spec", "hard")?.objectValue ?? [:]).compactMap { name, value in
            notNegative(value, at: "spec.hard[\(name)]")
        }
    }

    /// The items of a LimitRange: nothing below the minimum, nothing above the maximum.
    static func limitRange(_ object: JSONValue) -> [StatusError.Cause] {
        (object.at("spec", "limits")?.arrayValue ?? []).enumerated().flatMap { index, limit in
            let path = "spec.limits[\(index)]"
            return (limit["min"]?.objectValue ?? [:]).flatMap { name, minimum -> [StatusError.Cause] in
                guard let bound = Quantity(minimum) else { return [] }
                func below(_ member: String, _ words: String) -> StatusError.Cause? {
                    guard let value = limit.at(member, name).flatMap({ Quantity($0) }), value < bound else {
                        return nil
                    }
                    let field = member == "max" ? "min" : member
                    return .invalid(
                        "\(path).\(field)[\(name)]", limit.at(field, name) ?? .null,
                        "min value \(bound.text) is greater than \(words) value \(value.text)")
                }
                return [below("max", "max"), below("defaultRequest", "default request"), below("default", "default")]
                    .compactMap { $0 }
            }
        }
    }

    /// Nobody asks for more than they may use.
    static func containers(of pod: JSONValue, at path: String) -> [StatusError.Cause] {
        ["containers", "initContainers"].flatMap { list in
            (pod[list]?.arrayValue ?? []).enumerated().flatMap { index, container in
                let requests = container.at("resources", "requests")?.objectValue ?? [:]
                return requests.compactMap { name, value -> StatusError.Cause? in
                    guard let request = Quantity(value),
                        let limit = container.at("resources", "limits", name).flatMap({ Quantity($0) }), request > limit
                    else { return nil }
                    return .invalid(
                        "\(path).\(list)[\(index)].resources.requests", .string(request.text),
                        "must be less than or equal to \(name) limit of \(limit.text)")
                }
            }
        }
    }

    private static func notNegative(_ value: JSONValue, at path: String) -> StatusError.Cause? {
        guard let amount = Quantity(value), amount < .zero else { return nil }
        return .invalid(path, value, "must be greater than or equal to 0")
    }
}
