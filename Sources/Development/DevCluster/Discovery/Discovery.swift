// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// What the server serves, in the documents that clients read to find it: groups, versions, resources.
struct Discovery: Sendable {
    let registry: CRDRegistry

    /// The name of this server's version.
    static let gitVersion = "v1.36.0+codex-k8s-dev"

    /// The version that clients are told; the API is that of this Kubernetes minor version.
    static let version: JSONValue = [
        "major": "1", "minor": "36", "gitVersion": .string(gitVersion), "gitCommit": "embedded",
        "gitTreeState": "clean", "buildDate": "2025-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift",
        "platform": "linux/amd64",
    ]

    /// The document at a path, or nil.
    func document(path: String, accept: String?) -> ServerResponse? {
        let segments = path.split(separator: "/").map(String.init)
        let aggregated = (accept ?? "").contains("as=APIGroupDiscoveryList")
        switch segments {
        case []: return .json(["paths": .array(paths.map { .string($0) })])
        case ["api"]: return aggregated ? aggregate(core: true, accept) : .json(coreVersions)
        case ["apis"]: return aggregated ? aggregate(core: false, accept) : .json(groupList)
        default: break
        }
        if segments.count == 2, segments[0] == "api" { return resources(group: "", version: segments[1]) }
        if segments.count == 2, segments[0] == "apis" {
            return groups.first { $0.name == segments[1] }.map { .json(groupJSON($0, isDocument: true)) }
        }
        if segments.count == 3, segments[0] == "apis" { return resources(group: segments[1], version: segments[2]) }
        return nil
    }

    private struct Group {
        var name: String
        var versions: [String]
    }

    private var groups: [Group] {
        var groups: [Group] = []
        for resource in registry.all where !resource.group.isEmpty {
            if let index = groups.firstIndex(where: { $0.name == resource.group }) {
                if !groups[index].versions.contains(resource.version) {
                    groups[index].versions.append(resource.version)
                }
            } else {
                groups.append(Group(name: resource.group, versions: [resource.version]))
            }
        }
        return groups.map { Group(name: $0.name, versions: $0.versions.sorted(by: Self.isPreferred)) }
    }

    /// Stable versions first, then beta, then alpha, the newest first: the order of Kubernetes.
    static func isPreferred(_ left: String, _ right: String) -> Bool {
        func rank(_ version: String) -> (Int, Int, Int) {
            let scalars = version.dropFirst().split { !$0.isNumber }.map { Int($0) ?? 0 }
            let stage = version.contains("alpha") ? 2 : version.contains("beta") ? 1 : 0
            return (stage, -(scalars.first ?? 0), -(scalars.count > 1 ? scalars[1] : 0))
        }
        return rank(left) < rank(right)
    }

    private var paths: [String] {
        ["/api", "/api/v1", "/apis"]
            + groups.flatMap { group in ["/apis/\(group.name)"] + group.versions.map { "/apis/\(group.name)/\($0)" } }
            + ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
    }

    private var coreVersions: JSONValue {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"]],
        ]
    }

    private var groupList: JSONValue {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(groups.map { groupJSON($0, isDocument: false) }),
        ]
    }

    private func groupJSON(_ group: Group, isDocument: Bool) -> JSONValue {
        func entry(_ version: String) -> JSONValue {
            ["groupVersion": .string("\(group.name)/\(version)"), "version": .string(version)]
        }
        var object: JSONObject = isDocument ? ["kind": "APIGroup", "apiVersion": "v1"] : [:]
        object["name"] = .string(group.name)
        object["versions"] = .array(group.versions.map(entry))
        object["preferredVersion"] = entry(group.versions[0])
        return .object(object)
    }

    // MARK: Resources of a version

    private func resources(group: String, version: String) -> ServerResponse? {
        let served = registry.all.filter { $0.group == group && $0.version == version }
        guard !served.isEmpty else { return nil }
        var items: [JSONValue] = []
        for resource in served {
            var item: JSONObject = [
                "name": .string(resource.plural), "singularName": .string(resource.singular),
                "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
                "verbs": .array(resource.verbs.map { .string($0) }),
            ]
            if !resource.shortNames.isEmpty { item["shortNames"] = .array(resource.shortNames.map { .string($0) }) }
            if !resource.categories.isEmpty { item["categories"] = .array(resource.categories.map { .string($0) }) }
            items.append(.object(item))
            for name in resource.subresources.sorted() {
                let kind = Self.subresourceKind(name, of: resource)
                var item: JSONObject = [
                    "name": .string("\(resource.plural)/\(name)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced), "kind": .string(kind.kind),
                    "verbs": .array(Self.verbs(of: name).map { .string($0) }),
                ]
                if kind.group != resource.group {
                    item["group"] = .string(kind.group)
                    item["version"] = .string(kind.version)
                }
                items.append(.object(item))
            }
        }
        let groupVersion = group.isEmpty ? version : "\(group)/\(version)"
        return .json([
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(groupVersion),
            "resources": .array(items),
        ])
    }

    private static func verbs(of subresource: String) -> [String] {
        switch subresource {
        case "log": ["get"]
        case "token": ["create"]
        case "finalize": ["update"]
        default: ["get", "patch", "update"]
        }
    }

    private static func subresourceKind(
        _ name: String, of resource: ServedResource
    ) -> (group: String, version: String, kind: String) {
        switch name {
        case "token": ("authentication.k8s.io", "v1", "TokenRequest")
        case "scale": ("autoscaling", "v1", "Scale")
        default: (resource.group, resource.version, resource.kind)
        }
    }

    // MARK: Everything at once

    private func aggregate(core: Bool, _ accept: String?) -> ServerResponse {
        let version =
            (accept ?? "").contains("v=v2;") || (accept ?? "").contains("v=v2,") || (accept ?? "").hasSuffix("v=v2")
            ? "v2" : "v2beta1"
        let wanted = core ? [Group(name: "", versions: ["v1"])] : groups
        let all = registry.all
        let items = wanted.map { group -> JSONValue in
            let versions = group.versions.map { version -> JSONValue in
                let served = all.filter { $0.group == group.name && $0.version == version }
                return [
                    "version": .string(version), "freshness": "Current",
                    "resources": .array(served.map(Self.aggregated)),
                ]
            }
            return [
                "metadata": group.name.isEmpty ? [:] : ["name": .string(group.name)], "versions": .array(versions),
            ]
        }
        let list: JSONValue = [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
            "items": .array(items),
        ]
        return ServerResponse(
            headers: [
                "Content-Type": "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
            ], body: .bytes(list.encoded()))
    }

    private static func aggregated(_ resource: ServedResource) -> JSONValue {
        func kind(_ group: String, _ version: String, _ kind: String) -> JSONValue {
            ["group": .string(group), "version": .string(version), "kind": .string(kind)]
        }
        var item: JSONObject = [
            "resource": .string(resource.plural),
            "responseKind": kind(resource.group, resource.version, resource.kind),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
            "verbs": .array(resource.verbs.map { .string($0) }),
        ]
        if !resource.shortNames.isEmpty { item["shortNames"] = .array(resource.shortNames.map { .string($0) }) }
        if !resource.categories.isEmpty { item["categories"] = .array(resource.categories.map { .string($0) }) }
        if !resource.subresources.isEmpty {
            item["subresources"] = .array(
                resource.subresources.sorted().map { name in
                    let answer = subresourceKind(name, of: resource)
                    return [
                        "subresource": .string(name), "responseKind": kind(answer.group, answer.version, answer.kind),
                        "verbs": .array(verbs(of: name).map { .string($0) }),
                    ]
                })
        }
        return .object(item)
    }
}
