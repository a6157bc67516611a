// SPDX-License-Identifier: MIT
import JSONCoding

/// How a value takes part in a merge: which lists are merged by key or as sets, and which maps are one value.
///
/// Custom resources say so in their schema (`x-kubernetes-list-type` and its kin); for built-in resources it is a table
/// of the published API's merge keys. What nothing is known about is granular as a map and atomic as a list, which is
/// Kubernetes' own default.
struct MergeShape: Sendable {
    /// How a list is merged.
    enum List: Sendable, Equatable {
        /// Replaced as a whole.
        case atomic
        /// Scalars without order or repetition.
        case set
        /// Objects that these members identify.
        case map(keys: [String])
    }

    private enum Source: Sendable {
        case schema(JSONValue)
        case builtIn(kind: String, path: [String])
    }

    private let source: Source

    /// The shape that a structural schema describes.
    init(schema: JSONValue) { source = .schema(schema) }

    /// The shape of a built-in kind.
    init(kind: String) { source = .builtIn(kind: kind, path: []) }

    /// The shape of a member of an object.
    func member(_ name: String) -> MergeShape {
        switch source {
        case .schema(let schema):
            let property = schema["properties"]?[name]
            let isBareMetadata = name == "metadata" && property?["properties"] == nil
            if let property, !isBareMetadata { return MergeShape(schema: property) }
            if let values = schema["additionalProperties"], values.objectValue != nil {
                return MergeShape(schema: values)
            }
            // metadata is not in the schema of a custom resource; its lists are those of every object.
            if name == "metadata" { return MergeShape(.builtIn(kind: "", path: ["metadata"])) }
            return MergeShape(schema: [:])
        case .builtIn(let kind, let path): return MergeShape(.builtIn(kind: kind, path: path + [name]))
        }
    }

    /// The shape of the elements of a list.
    var element: MergeShape {
        switch source {
        case .schema(let schema): MergeShape(schema: schema["items"] ?? [:])
        case .builtIn: self
        }
    }

    /// How this value is merged when it is a list.
    var list: List {
        switch source {
        case .schema(let schema):
            switch schema["x-kubernetes-list-type"]?.stringValue {
            case "set": return .set
            case "map":
                let keys = schema["x-kubernetes-list-map-keys"]?.strings ?? []
                return keys.isEmpty ? .atomic : .map(keys: keys)
            default: return .atomic
            }
        case .builtIn(let kind, let path): return Self.builtInList(kind: kind, path: path)
        }
    }

    /// Whether this value, when it is an object, is replaced as a whole.
    var isAtomicMap: Bool {
        switch source {
        case .schema(let schema): schema["x-kubernetes-map-type"]?.stringValue == "atomic"
        case .builtIn(let kind, let path): Self.isBuiltInAtomicMap(kind: kind, path: path)
        }
    }

    /// Whether an object here is something that can be there and empty, rather than a part that every object has.
    var isContainer: Bool {
        switch source {
        case .schema: true
        case .builtIn(_, let path): Self.containers.contains(path.last ?? "")
        }
    }

    /// Whether a list here can be there and empty: the containers of a pod are always there.
    var ownsList: Bool {
        switch source {
        case .schema: true
        case .builtIn(_, let path): path.last != "containers"
        }
    }

    private static let containers: Set<String> = [
        "labels", "annotations", "data", "binaryData", "matchLabels", "nodeSelector", "limits", "requests", "hard",
        "rollingUpdate",
    ]

    /// The value that a missing key member of a list element stands for.
    func keyDefault(_ key: String) -> JSONValue? {
        switch source {
        case .schema(let schema): schema["items"]?["properties"]?[key]?["default"]
        case .builtIn: key == "protocol" ? "TCP" : nil
        }
    }

    private init(_ source: Source) { self.source = source }

    private static let namedLists: Set<String> = [
        "containers", "initContainers", "ephemeralContainers", "volumes", "env", "imagePullSecrets", "resourceClaims",
        "schedulingGates", "secrets", "matchConditions", "variables",
    ]

    private static func builtInList(kind: String, path: [String]) -> List {
        guard let last = path.last else { return .atomic }
        let parent = path.dropLast().last ?? ""
        switch last {
        case "finalizers": return parent == "metadata" ? .set : .atomic
        case "ownerReferences": return parent == "metadata" ? .map(keys: ["uid"]) : .atomic
        case "conditions": return parent == "status" ? .map(keys: ["type"]) : .atomic
        case "ports":
            if ["containers", "initContainers", "ephemeralContainers"].contains(parent) {
                return .map(keys: ["containerPort", "protocol"])
            }
            return kind == "Service" && parent == "spec" ? .map(keys: ["port", "protocol"]) : .atomic
        case "volumeMounts": return .map(keys: ["mountPath"])
        case "volumeDevices": return .map(keys: ["devicePath"])
        case "hostAliases": return .map(keys: ["ip"])
        case "podIPs": return .map(keys: ["ip"])
        case "topologySpreadConstraints": return .map(keys: ["topologyKey", "whenUnsatisfiable"])
        case "imagePullSecrets" where kind == "ServiceAccount": return .atomic
        case "names" where kind == "CustomResourceDefinition": return .atomic
        default: return namedLists.contains(last) ? .map(keys: ["name"]) : .atomic
        }
    }

    private static let atomicMaps: Set<String> = [
        "podSelector", "namespaceSelector", "labelSelector", "objectSelector", "nodeSelectorTerms", "secretRef",
        "configMapRef", "secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef", "roleRef", "matchResources",
        "paramKind", "paramRef", "involvedObject",
    ]

    private static func isBuiltInAtomicMap(kind: String, path: [String]) -> Bool {
        guard let last = path.last else { return false }
        return atomicMaps.contains(last) || (last == "selector" && path.first == "spec")
    }
}
