// SPDX-License-Identifier: MIT
import JSONCoding

/// Makes a container's environment from its spec (core/v1 EnvVar, EnvFromSource).
struct EnvironmentBuilder {
    let pod: JSONValue
    let nodeName: String
    /// Looks up a Secret or ConfigMap of the pod's namespace; nil when there is none.
    let find: (_ kind: Kind, _ name: String) -> JSONValue?

    /// Where the container's paths really are.
    var mounts = MountMap()

    enum Kind: String {
        case secret
        case configMap = "configmap"
    }

    /// The variables; later ones may refer to earlier ones.
    ///
    /// Paths are replaced in what the spec says, before references are: what a reference brings in is local already.
    func build(_ container: ContainerSpec, base: [String: String]) throws(ContainerFailure) -> [String: String] {
        var variables = base
        for source in container.environmentSources {
            for (key, value) in try values(of: source) { variables[key] = mounts.local(value) }
        }
        for entry in container.environment {
            let name = entry["name"]?.stringValue ?? ""
            if let value = try value(of: entry, variables) { variables[name] = value }
        }
        return variables
    }

    private func values(of source: JSONValue) throws(ContainerFailure) -> [(String, String)] {
        let prefix = source["prefix"]?.stringValue ?? ""
        for (field, kind) in [("secretRef", Kind.secret), ("configMapRef", Kind.configMap)] {
            guard let reference = source[field] else { continue }
            guard let object = try object(kind, reference) else { return [] }
            return Self.data(of: object, kind).map { (prefix + $0.key, String(decoding: $0.value, as: UTF8.self)) }
        }
        return []
    }

    private func value(of entry: JSONValue, _ variables: [String: String]) throws(ContainerFailure) -> String? {
        guard let source = entry["valueFrom"] else {
            return VariableExpansion.expand(mounts.local(entry["value"]?.stringValue ?? ""), variables)
        }
        if let field = source.at("fieldRef", "fieldPath")?.stringValue {
            if let value = DownwardField.value(field, of: pod, nodeName: nodeName) { return mounts.local(value) }
            throw .configuration("fieldPath \(field) is not supported")
        }
        for (field, kind) in [("secretKeyRef", Kind.secret), ("configMapKeyRef", Kind.configMap)] {
            guard let reference = source[field] else { continue }
            let key = reference["key"]?.stringValue ?? ""
            guard let object = try object(kind, reference) else { return nil }
            if let bytes = Self.data(of: object, kind).first(where: { $0.key == key })?.value {
                return mounts.local(String(decoding: bytes, as: UTF8.self))
            }
            if reference["optional"]?.boolValue == true { return nil }
            throw .configuration("couldn't find key \(key) in \(object.kind) \(pod.namespace)/\(object.name)")
        }
        throw .configuration("the source of variable \(entry["name"]?.stringValue ?? "") is not supported")
    }

    private func object(_ kind: Kind, _ reference: JSONValue) throws(ContainerFailure) -> JSONValue? {
        let name = reference["name"]?.stringValue ?? ""
        if let object = find(kind, name) { return object }
        if reference["optional"]?.boolValue == true { return nil }
        throw .configuration("\(kind.rawValue) \"\(name)\" not found")
    }

    /// The entries of a Secret or ConfigMap as bytes, sorted by key.
    static func data(of object: JSONValue, _ kind: Kind) -> [(key: String, value: [UInt8])] {
        var entries: [String: [UInt8]] = [:]
        let encoded = object[kind == .secret ? "data" : "binaryData"]?.stringMap ?? [:]
        for (key, value) in encoded { entries[key] = Base64Text.decode(value) ?? [] }
        if kind == .configMap {
            for (key, value) in object["data"]?.stringMap ?? [:] { entries[key] = Array(value.utf8) }
        }
        return entries.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    }
}
