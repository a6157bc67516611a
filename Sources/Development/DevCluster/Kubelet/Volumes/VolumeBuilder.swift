// SPDX-License-Identifier: MIT
import JSONCoding

/// The files of a pod's volumes, decided from the pod and what it refers to, before anything is written.
struct VolumeBuilder {
    struct File: Equatable {
        let path: String
        let bytes: [UInt8]
        let mode: UInt32
    }

    enum Content: Equatable {
        /// An empty folder, left alone once it is there.
        case scratch
        /// Exactly these files.
        case files([File])
        /// A folder or file of this machine.
        case host(String)
    }

    let pod: JSONValue
    let nodeName: String
    let find: (EnvironmentBuilder.Kind, String) -> JSONValue?
    /// A token of the pod's service account, with the certificate of the API server.
    let token: (_ audience: String?, _ lifetime: Int) throws(ContainerFailure) -> String

    func content(of volume: JSONValue) throws(ContainerFailure) -> Content {
        let name = volume["name"]?.stringValue ?? ""
        if volume["emptyDir"] != nil { return .scratch }
        if let path = volume.at("hostPath", "path")?.stringValue { return .host(path) }
        if let source = volume["secret"] {
            let mode = mode(source)
            return .files(try items(source, .secret, name: source["secretName"], mode: mode))
        }
        if let source = volume["configMap"] {
            return .files(try items(source, .configMap, name: source["name"], mode: mode(source)))
        }
        if let source = volume["downwardAPI"] { return .files(try fields(source, mode: mode(source))) }
        if let source = volume["projected"] { return .files(try projected(source)) }
        throw .mount("volume \"\(name)\" is of a type that containers as local processes cannot have")
    }

    private func mode(_ source: JSONValue, fallback: UInt32 = 0o644) -> UInt32 {
        source["defaultMode"]?.integerValue.map { UInt32(truncatingIfNeeded: $0) & 0o777 } ?? fallback
    }

    private func items(
        _ source: JSONValue, _ kind: EnvironmentBuilder.Kind, name: JSONValue?, mode: UInt32
    ) throws(ContainerFailure) -> [File] {
        let isOptional = source["optional"]?.boolValue == true
        let name = name?.stringValue ?? ""
        guard let object = find(kind, name) else {
            if isOptional { return [] }
            throw .mount("\(kind.rawValue) \"\(name)\" not found")
        }
        let data = EnvironmentBuilder.data(of: object, kind)
        guard let items = source["items"]?.arrayValue else {
            return data.map { File(path: $0.key, bytes: $0.value, mode: mode) }
        }
        var files: [File] = []
        for item in items {
            let key = item["key"]?.stringValue ?? ""
            guard let bytes = data.first(where: { $0.key == key })?.value else {
                if isOptional { continue }
                throw .mount("references non-existent \(kind.rawValue) key: \(key)")
            }
            files.append(try File(path: path(item), bytes: bytes, mode: itemMode(item, mode)))
        }
        return files
    }

    private func fields(_ source: JSONValue, mode: UInt32) throws(ContainerFailure) -> [File] {
        var files: [File] = []
        for item in source["items"]?.arrayValue ?? [] {
            let field = item.at("fieldRef", "fieldPath")?.stringValue ?? ""
            guard let value = DownwardField.value(field, of: pod, nodeName: nodeName) else {
                throw .mount("fieldPath \(field) is not supported")
            }
            files.append(try File(path: path(item), bytes: Array(value.utf8), mode: itemMode(item, mode)))
        }
        return files
    }

    private func projected(_ source: JSONValue) throws(ContainerFailure) -> [File] {
        let mode = mode(source)
        var files: [File] = []
        for part in source["sources"]?.arrayValue ?? [] {
            if let secret = part["secret"] {
                files += try items(secret, .secret, name: secret["name"], mode: mode)
            } else if let map = part["configMap"] {
                files += try items(map, .configMap, name: map["name"], mode: mode)
            } else if let fields = part["downwardAPI"] {
                files += try self.fields(fields, mode: mode)
            } else if let wanted = part["serviceAccountToken"] {
                let lifetime = Int(wanted["expirationSeconds"]?.integerValue ?? 3600)
                let token = try self.token(wanted["audience"]?.stringValue, lifetime)
                files.append(try File(path: path(wanted), bytes: Array(token.utf8), mode: 0o600))
            } else {
                throw .mount("a source of a projected volume is not supported")
            }
        }
        return files
    }

    private func itemMode(_ item: JSONValue, _ fallback: UInt32) -> UInt32 {
        item["mode"]?.integerValue.map { UInt32(truncatingIfNeeded: $0) & 0o777 } ?? fallback
    }

    /// A path below the volume: the API server refuses others, and so does this.
    private func path(_ item: JSONValue) throws(ContainerFailure) -> String {
        let path = item["path"]?.stringValue ?? ""
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.isEmpty, !parts.contains(".."), !parts.contains("") else { throw .mount("invalid path \(path)") }
        return path
    }

    /// The Secrets and ConfigMaps that a pod's volumes show, which are written again when they change.
    static func references(_ kind: EnvironmentBuilder.Kind, of pod: JSONValue) -> Set<String> {
        var names: Set<String> = []
        for volume in pod.at("spec", "volumes")?.arrayValue ?? [] {
            let parts = [volume] + (volume.at("projected", "sources")?.arrayValue ?? [])
            for part in parts {
                let source = part[kind == .secret ? "secret" : "configMap"]
                if let name = (source?["secretName"] ?? source?["name"])?.stringValue { names.insert(name) }
            }
        }
        return names
    }

    /// Seconds after which a pod's shortest-lived token has to be renewed; nil when it has none.
    static func tokenLifetime(of pod: JSONValue) -> Int? {
        var lifetimes: [Int] = []
        for volume in pod.at("spec", "volumes")?.arrayValue ?? [] {
            for part in volume.at("projected", "sources")?.arrayValue ?? [] {
                if let token = part["serviceAccountToken"] {
                    lifetimes.append(Int(token["expirationSeconds"]?.integerValue ?? 3600))
                }
            }
        }
        return lifetimes.min()
    }
}
