// SPDX-License-Identifier: MIT
import JSONCoding

/// The columns of each kind.
enum TableColumns {
    typealias Column = TableRenderer.Column

    static func columns(of resource: ServedResource) -> [Column] {
        if let custom = resource.custom { return [name] + customColumns(custom.printerColumns) }
        if resource.kind == "Event" { return EventColumns.columns }
        return [name] + (builtIn[resource.bucket.description] ?? [age])
    }

    /// Of the subresource `scale`, whatever it scales.
    static let scale = [
        name, number("Desired", "spec", "replicas"), number("Available", "status", "replicas"), age,
    ]

    static let name = Column("Name", format: "name") { object, _ in .string(object.name) }
    private static let age = Column("Age") { object, now in
        .string(TableRenderer.age(object.meta("creationTimestamp"), now: now))
    }

    private static func customColumns(_ columns: [PrinterColumn]) -> [Column] {
        if columns.isEmpty { return [age] }
        return columns.map { column in
            let path = JSONPath(column.jsonPath)
            var result = Column(column.name, type: column.type, format: column.format) { object, now in
                guard let value = path?.first(in: object), !value.isNull else { return .null }
                if column.type == "date" { return .string(TableRenderer.age(value, now: now)) }
                switch value {
                case .string, .integer, .double, .bool:
                    return column.type == "string" ? .string(text(value)) : value
                default: return .string(value.encodedString())
                }
            }
            result.priority = column.priority
            result.description = column.description
            return result
        }
    }

    static func text(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text
        case nil, .null?: ""
        case let other?: other.encodedString()
        }
    }

    private static func column(_ name: String, wide: Bool = false, _ path: String...) -> Column {
        Column(name, wide: wide) { object, _ in .string(text(object.at(path))) }
    }

    private static func count(_ name: String, _ path: String...) -> Column {
        Column(name, type: "integer") { object, _ in
            let value = object.at(path)
            return .integer(Int64(value?.objectValue?.count ?? value?.arrayValue?.count ?? 0))
        }
    }

    private static func number(_ name: String, wide: Bool = false, _ path: String...) -> Column {
        Column(name, type: "integer", wide: wide) { object, _ in .integer(object.at(path)?.integerValue ?? 0) }
    }

    private static func containers(_ spec: JSONValue?, _ key: String) -> String {
        (spec?["containers"]?.arrayValue ?? []).map { text($0[key]) }.joined(separator: ",")
    }

    private static func selector(_ value: JSONValue?) -> String {
        let labels = value?["matchLabels"]?.stringMap ?? value?.stringMap ?? [:]
        let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return list.isEmpty ? "<none>" : list
    }

    private static let builtIn: [String: [Column]] = [
        "namespaces": [column("Status", "status", "phase"), age],
        "nodes": [
            Column("Status") { object, _ in
                let conditions = object.at("status", "conditions")?.arrayValue ?? []
                let ready = conditions.first { $0["type"] == "Ready" }
                let state = ready.map { $0["status"] == "True" ? "Ready" : "NotReady" } ?? "Unknown"
                return .string(object.at("spec", "unschedulable") == true ? "\(state),SchedulingDisabled" : state)
            },
            Column("Roles") { object, _ in
                let prefix = "node-role.kubernetes.io/"
                let roles = object.labels.keys.filter { $0.hasPrefix(prefix) }.map {
                    String($0.dropFirst(prefix.count))
                }
                return .string(roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ","))
            },
            age, column("Version", "status", "nodeInfo", "kubeletVersion"),
        ],
        "pods": PodColumns.columns + [age] + PodColumns.wide,
        "services": [
            column("Type", "spec", "type"),
            Column("Cluster-IP") { object, _ in .string(object.at("spec", "clusterIP")?.stringValue ?? "<none>") },
            Column("External-IP") { _, _ in "<none>" },
            Column("Port(s)") { object, _ in
                let ports = object.at("spec", "ports")?.arrayValue ?? []
                return .string(ports.map { "\(text($0["port"]))/\(text($0["protocol"]))" }.joined(separator: ","))
            },
            age, Column("Selector", wide: true) { object, _ in .string(selector(object.at("spec", "selector"))) },
        ],
        "secrets": [column("Type", "type"), count("Data", "data"), age],
        "configmaps": [
            Column("Data") { object, _ in
                let count = (object["data"]?.objectValue?.count ?? 0) + (object["binaryData"]?.objectValue?.count ?? 0)
                return .integer(Int64(count))
            }, age,
        ],
        "serviceaccounts": [age],
        "resourcequotas": [
            Column("Request") { object, _ in .string(quota(object, limits: false)) },
            Column("Limit") { object, _ in .string(quota(object, limits: true)) }, age,
        ],
        "limitranges": [
            Column("Created At") { object, _ in .string(text(object.meta("creationTimestamp"))) }
        ],
        "endpoints": [
            Column("Endpoints") { object, _ in
                let subsets = object["subsets"]?.arrayValue ?? []
                let addresses = subsets.flatMap { $0["addresses"]?.arrayValue ?? [] }.map { text($0["ip"]) }
                return .string(addresses.isEmpty ? "<none>" : addresses.joined(separator: ","))
            }, age,
        ],
        "persistentvolumeclaims": [
            column("Status", "status", "phase"), column("Volume", "spec", "volumeName"),
            column("Capacity", "status", "capacity", "storage"),
            Column("Access Modes") { object, _ in
                .string((object.at("spec", "accessModes")?.strings ?? []).joined(separator: ","))
            },
            column("StorageClass", "spec", "storageClassName"), age,
        ],
        "deployments.apps": [
            Column("Ready") { object, _ in
                .string(
                    "\(object.at("status", "readyReplicas")?.integerValue ?? 0)/"
                        + "\(object.at("spec", "replicas")?.integerValue ?? 0)")
            },
            number("Up-to-date", "status", "updatedReplicas"), number("Available", "status", "availableReplicas"), age,
        ] + templateColumns,
        "replicasets.apps": [
            number("Desired", "spec", "replicas"), number("Current", "status", "replicas"),
            number("Ready", "status", "readyReplicas"), age,
        ] + templateColumns,
        "jobs.batch": JobColumns.columns + [age] + templateColumns,
        "networkpolicies.networking.k8s.io": [
            Column("Pod-Selector") { object, _ in .string(selector(object.at("spec", "podSelector"))) }, age,
        ],
        "poddisruptionbudgets.policy": [
            Column("Min Available") { object, _ in bound(object.at("spec", "minAvailable")) },
            Column("Max Unavailable") { object, _ in bound(object.at("spec", "maxUnavailable")) },
            number("Allowed Disruptions", "status", "disruptionsAllowed"), age,
        ],
        "leases.coordination.k8s.io": [column("Holder", "spec", "holderIdentity"), age],
        "roles.rbac.authorization.k8s.io": [created],
        "clusterroles.rbac.authorization.k8s.io": [created],
        "rolebindings.rbac.authorization.k8s.io": binding,
        "clusterrolebindings.rbac.authorization.k8s.io": binding,
        "customresourcedefinitions.apiextensions.k8s.io": [created],
        "validatingadmissionpolicies.admissionregistration.k8s.io": [
            count("Validations", "spec", "validations"),
            Column("ParamKind") { object, _ in
                guard let kind = object.at("spec", "paramKind") else { return "<unset>" }
                return .string("\(text(kind["apiVersion"]))/\(text(kind["kind"]))")
            }, age,
        ],
        "validatingadmissionpolicybindings.admissionregistration.k8s.io": [
            column("PolicyName", "spec", "policyName"),
            Column("ParamRef") { object, _ in
                let name = object.at("spec", "paramRef", "name")?.stringValue
                return .string(name ?? "<unset>")
            }, age,
        ],
    ]

    /// What the pods are made of and how they are found.
    private static let templateColumns: [Column] = [
        Column("Containers", wide: true) { object, _ in
            .string(containers(object.at("spec", "template", "spec"), "name"))
        },
        Column("Images", wide: true) { object, _ in
            .string(containers(object.at("spec", "template", "spec"), "image"))
        },
        Column("Selector", wide: true) { object, _ in .string(selector(object.at("spec", "selector"))) },
    ]

    private static let created = Column("Created At") { object, _ in .string(text(object.meta("creationTimestamp"))) }

    private static let binding: [Column] = [
        Column("Role") { object, _ in
            .string("\(text(object.at("roleRef", "kind")))/\(text(object.at("roleRef", "name")))")
        },
        age,
        subjects("Users", of: "User"), subjects("Groups", of: "Group"),
        subjects("ServiceAccounts", of: "ServiceAccount"),
    ]

    private static func subjects(_ title: String, of kind: JSONValue) -> Column {
        Column(title, wide: true) { object, _ in
            let named = (object["subjects"]?.arrayValue ?? []).filter { $0["kind"] == kind }
            let names = named.map { subject in
                (subject["namespace"]?.stringValue).map { "\($0)/" + text(subject["name"]) } ?? text(subject["name"])
            }
            return .string(names.joined(separator: ", "))
        }
    }

    private static func bound(_ value: JSONValue?) -> JSONValue { .string(value == nil ? "N/A" : text(value)) }

    private static func quota(_ object: JSONValue, limits: Bool) -> String {
        let hard = object.at("spec", "hard")?.objectValue ?? [:]
        return hard.filter { $0.key.hasPrefix("limits.") == limits }.sorted { $0.key < $1.key }
            .map { "\($0.key): \(text(object.at("status", "used", $0.key) ?? "0"))/\(text($0.value))" }
            .joined(separator: ", ")
    }
}
