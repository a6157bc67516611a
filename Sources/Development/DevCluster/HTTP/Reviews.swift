// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// The resources that only ask: whose token is this, who am I, may they.
struct Reviews: Sendable {
    let handler: APIHandler

    /// Whether a resource is one of them.
    static func isReview(_ resource: ServedResource) -> Bool {
        resource.group == "authentication.k8s.io" || resource.group == "authorization.k8s.io"
    }

    /// The review with its answer in `status`; nothing is stored.
    func answer(_ call: ResourceCall) throws(StatusError) -> ServerResponse {
        var body = try RequestOptions.body(call.request)
        guard body.objectValue != nil else { throw .badRequest("the body is no object") }
        if let definition = BuiltInTypes.definition(group: call.resource.group, kind: call.resource.kind) {
            body = try BuiltInDecoder.decode(
                body, as: definition, kind: call.resource.kind, version: call.resource.version
            ).object
        }
        if body["metadata"] == nil { body["metadata"] = [:] }
        body["kind"] = .string(call.resource.kind)
        body["apiVersion"] = .string(call.resource.apiVersion)
        switch call.resource.kind {
        case "TokenReview": body["status"] = try token(body)
        case "SelfSubjectReview":
            body.setMeta("creationTimestamp", .string(handler.api.now.description))
            body["status"] = ["userInfo": call.user.json]
        case "SelfSubjectAccessReview": body["status"] = try access(body, user: call.user)
        case "SelfSubjectRulesReview": body["status"] = try rules(body, user: call.user)
        default: body["status"] = try subjectAccess(body, call)
        }
        return .json(body, status: .created)
    }

    private func token(_ body: JSONValue) throws(StatusError) -> JSONValue {
        let token = body.at("spec", "token")?.stringValue ?? ""
        guard !token.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
        let audiences = body.at("spec", "audiences")?.strings ?? []
        switch handler.api.tokens.authenticate(token, audiences: audiences, store: handler.api.store) {
        case .user(let user, let audiences):
            return [
                "authenticated": true, "user": user.json, "audiences": .array(audiences.map { .string($0) }),
            ]
        case .refused(let why): return ["user": [:], "error": .string(why)]
        }
    }

    /// Someone else's rights, in a namespace of the path when the review is local.
    private func subjectAccess(_ body: JSONValue, _ call: ResourceCall) throws(StatusError) -> JSONValue {
        let spec = body["spec"] ?? [:]
        let user = UserInfo(
            username: spec["user"]?.stringValue ?? "", uid: spec["uid"]?.stringValue ?? "",
            groups: spec["groups"]?.strings ?? [])
        guard !user.username.isEmpty || !user.groups.isEmpty else {
            throw Self.invalid("spec.user", "", "at least one of user or group must be specified")
        }
        if call.resource.isNamespaced {
            let namespace = spec.at("resourceAttributes", "namespace")?.stringValue ?? ""
            guard namespace == call.namespace else {
                throw Self.invalid(
                    "spec.resourceAttributes.namespace", .string(namespace), "must match metadata.namespace")
            }
        }
        return try access(body, user: user)
    }

    private func access(_ body: JSONValue, user: UserInfo) throws(StatusError) -> JSONValue {
        let wanted: AccessRequest
        switch (body.at("spec", "resourceAttributes"), body.at("spec", "nonResourceAttributes")) {
        case (nil, nil):
            throw Self.invalid(
                "spec.resourceAttributes", .null,
                "exactly one of nonResourceAttributes or resourceAttributes must be specified")
        case (_?, _?):
            throw Self.invalid(
                "spec.nonResourceAttributes", .null, "cannot be specified in combination with resourceAttributes")
        case (let attributes?, nil):
            func text(_ key: String) -> String { attributes[key]?.stringValue ?? "" }
            wanted = AccessRequest(
                verb: text("verb"), group: text("group"), resource: text("resource"), subresource: text("subresource"),
                namespace: text("namespace"), name: text("name"))
        case (nil, let attributes?):
            wanted = AccessRequest(
                verb: attributes["verb"]?.stringValue ?? "", path: attributes["path"]?.stringValue ?? "")
        }
        guard let reason = handler.authorizer.reason(for: wanted, user: user) else { return ["allowed": false] }
        return reason.isEmpty ? ["allowed": true] : ["allowed": true, "reason": .string(reason)]
    }

    /// The reviews are of no kind as far as their refusals go, as in Kubernetes.
    private static func invalid(_ field: String, _ value: JSONValue, _ detail: String) -> StatusError {
        var error = StatusError.invalid(
            group: "authorization.k8s.io", kind: "", name: "", causes: [.invalid(field, value, detail)])
        error.kind = nil
        return error
    }

    private func rules(_ body: JSONValue, user: UserInfo) throws(StatusError) -> JSONValue {
        guard let namespace = body.at("spec", "namespace")?.stringValue, !namespace.isEmpty else {
            throw .badRequest("no namespace on request")
        }
        let held = handler.authorizer.rules(of: user, in: namespace)
        return [
            "resourceRules": .array(held.filter { $0["nonResourceURLs"] == nil }),
            "nonResourceRules": .array(held.filter { $0["nonResourceURLs"] != nil }), "incomplete": false,
        ]
    }
}
