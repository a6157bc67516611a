// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// What a request's method and path mean, in Kubernetes' terms.
struct RequestInfo: Sendable, Equatable {
    var verb: String
    /// Whether the path is one of the API's resources; otherwise only `path` says anything.
    var isResource = false
    var group = ""
    var version = ""
    var namespace = ""
    var plural = ""
    var name = ""
    var subresource = ""
    var path: String

    init(method: HTTPMethod, path: String, segments: [String], isWatch: Bool) {
        self.path = path
        verb = method.rawValue.lowercased()
        var rest = segments[...]
        guard let root = rest.popFirst() else { return }
        if root == "api", rest.count >= 2, let version = rest.popFirst() {
            self.version = version
        } else if root == "apis", rest.count >= 3, let group = rest.popFirst(), let version = rest.popFirst() {
            self.group = group
            self.version = version
        } else {
            return
        }
        isResource = true
        // namespaces/NAME is the namespace itself, with its subresources; with more behind it is what it holds.
        let namespaceSubresources: Set<String> = ["status", "finalize"]
        if rest.first == "namespaces", rest.count >= 3,
            !(rest.count == 3 && namespaceSubresources.contains(rest[rest.startIndex + 2]))
        {
            rest.removeFirst()
            namespace = rest.removeFirst()
        }
        plural = rest.popFirst() ?? ""
        name = rest.popFirst() ?? ""
        subresource = rest.joined(separator: "/")
        if plural == "namespaces" { namespace = name }
        switch method {
        case .get, .head:
            verb = name.isEmpty ? "list" : "get"
            if isWatch { verb = "watch" }
        case .post: verb = "create"
        case .put: verb = "update"
        case .patch: verb = "patch"
        case .delete: verb = name.isEmpty ? "deletecollection" : "delete"
        default: break
        }
    }

    init(_ request: ServerRequest) {
        let watch = request.query["watch"]
        self.init(
            method: request.method, path: request.path, segments: request.segments.filter { !$0.isEmpty },
            isWatch: watch == "true" || watch == "1")
    }

    /// The namespace of the objects, which for namespaces themselves is none.
    var objectNamespace: String? { plural == "namespaces" && group.isEmpty || namespace.isEmpty ? nil : namespace }

    /// What authorization is asked.
    var access: AccessRequest {
        guard isResource else { return AccessRequest(verb: verb, path: path) }
        return AccessRequest(
            verb: verb, group: group, resource: plural, subresource: subresource, namespace: namespace, name: name)
    }
}
