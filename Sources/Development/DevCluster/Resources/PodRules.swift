// SPDX-License-Identifier: MIT
import JSONCoding

/// Validation of pod specifications, to the depth at which a mistake would otherwise show only when the pod runs.
enum PodRules {
    static func validate(_ spec: JSONValue, at path: String) -> [StatusError.Cause] {
        var causes: [StatusError.Cause] = []
        let containers = spec["containers"]?.arrayValue ?? []
        if containers.isEmpty { causes.append(.required("\(path).containers")) }
        let volumes = names(spec["volumes"]?.arrayValue ?? [], at: "\(path).volumes", into: &causes)
        var seen: Set<String> = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.arrayValue ?? []).enumerated() {
                let field = "\(path).\(list)[\(index)]"
                let name = container["name"]?.stringValue ?? ""
                if name.isEmpty {
                    causes.append(.required("\(field).name"))
                } else if let problem = NameRules.problem(with: name, rule: .label) {
                    causes.append(.invalid("\(field).name", .string(name), problem))
                } else if !seen.insert(name).inserted {
                    causes.append(duplicate("\(field).name", name))
                }
                if container["image"]?.stringValue?.isEmpty ?? true { causes.append(.required("\(field).image")) }
                if let policy = container["restartPolicy"]?.stringValue, list == "containers" || policy != "Always" {
                    causes.append(
                        .forbidden("\(field).restartPolicy", "may only be Always, and only for init containers"))
                }
                for (position, mount) in (container["volumeMounts"]?.arrayValue ?? []).enumerated() {
                    let volume = mount["name"]?.stringValue ?? ""
                    if !volumes.contains(volume) {
                        causes.append(
                            .init(
                                reason: "FieldValueNotFound", message: "Not found: \"\(volume)\"",
                                field: "\(field).volumeMounts[\(position)].name"))
                    }
                    if mount["mountPath"]?.stringValue?.isEmpty ?? true {
                        causes.append(.required("\(field).volumeMounts[\(position)].mountPath"))
                    }
                }
                for (position, variable) in (container["env"]?.arrayValue ?? []).enumerated()
                where variable["name"]?.stringValue?.isEmpty ?? true {
                    causes.append(.required("\(field).env[\(position)].name"))
                }
            }
        }
        if let policy = spec["restartPolicy"]?.stringValue, !["Always", "OnFailure", "Never"].contains(policy) {
            causes.append(.notSupported("\(path).restartPolicy", .string(policy), ["Always", "OnFailure", "Never"]))
        }
        return causes + ResourceBoundRules.containers(of: spec, at: path)
    }

    private static func names(
        _ items: [JSONValue], at path: String, into causes: inout [StatusError.Cause]
    ) -> Set<String> {
        var names: Set<String> = []
        for (index, item) in items.enumerated() {
            let name = item["name"]?.stringValue ?? ""
            if name.isEmpty {
                causes.append(.required("\(path)[\(index)].name"))
            } else if !names.insert(name).inserted {
                causes.append(duplicate("\(path)[\(index)].name", name))
            }
        }
        return names
    }

    private static func duplicate(_ field: String, _ name: String) -> StatusError.Cause {
        .init(reason: "FieldValueDuplicate", message: "Duplicate value: \"\(name)\"", field: field)
    }
}
