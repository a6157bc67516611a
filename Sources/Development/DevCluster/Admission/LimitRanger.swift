// SPDX-License-Identifier: MIT
import JSONCoding

/// LimitRange: defaults and bounds of the containers of a namespace.
enum LimitRanger {
    private static let ranges = StorageBucket(group: "", plural: "limitranges")

    /// Fills in what containers leave open, then refuses what lies outside the bounds.
    static func apply(
        to object: inout JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.bucket == .pods else { return }
        let limits = transaction.objects(ranges, namespace: object.namespace)
            .flatMap { $0.at("spec", "limits")?.arrayValue ?? [] }
            .filter { $0["type"]?.stringValue == "Container" }
        guard !limits.isEmpty else { return }
        for list in ["containers", "initContainers"] {
            guard var containers = object.at("spec", list)?.arrayValue else { continue }
            for index in containers.indices {
                for limit in limits {
                    setDefaults(&containers[index], limit)
                    if let problem = violation(containers[index], limit) {
                        throw resource.forbidden(object.name, problem)
                    }
                }
            }
            object.setValue(.array(containers), at: ["spec", list])
        }
    }

    private static func setDefaults(_ container: inout JSONValue, _ limit: JSONValue) {
        for (name, value) in limit["default"]?.objectValue ?? [:] {
            container.setDefault(value, at: "resources", "limits", name)
        }
        for (name, value) in limit["defaultRequest"]?.objectValue ?? [:] {
            container.setDefault(value, at: "resources", "requests", name)
        }
    }

    private static func violation(_ container: JSONValue, _ limit: JSONValue) -> String? {
        for (name, maximum) in limit["max"]?.objectValue ?? [:] {
            let asked = container.at("resources", "limits", name)
            guard let bound = Quantity(maximum) else { continue }
            guard let asked, let value = Quantity(asked) else {
                return "maximum \(name) usage per Container is \(text(maximum)).  No limit is specified"
            }
            if value.value > bound.value {
                return "maximum \(name) usage per Container is \(text(maximum)), but limit is \(text(asked))"
            }
        }
        for (name, minimum) in limit["min"]?.objectValue ?? [:] {
            let asked = container.at("resources", "requests", name)
            guard let bound = Quantity(minimum), let asked, let value = Quantity(asked) else { continue }
            if value.value < bound.value {
                return "minimum \(name) usage per Container is \(text(minimum)), but request is \(text(asked))"
            }
        }
        return nil
    }

    private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.encodedString() }
}
