// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// The resources that only ask: whose token is this, who am I, may they.
struct Reviews: Sendable {
    let handler: APIHandler

    static func isReview(_ resource: ServedResource) -> Bool {
        resource.group == "authentication.k8s.io" || resource.group == "authorization.k8s.io"
    }

    func answer(_ call: ResourceCall) throws(StatusError) -> ServerResponse {
        var body = try RequestOptions.body(call.request)
        guard body.objectValue != nil else { throw .badRequest("the body is no object") }
        if body["metadata"] == nil { body["metadata"] = [:] }
        body["kind"] = .string(call.resource.kind)
        body["apiVersion"] = .string(call.resource.apiVersion)
        switch call.resource.kind {
        case "TokenReview": body["status"] = token(body)
        case "SelfSubjectReview": body["status"] = ["userInfo": call.user.json]
        case "SelfSubjectAccessReview": body["status"] = try access(body, user: call.user)
        case "SelfSubjectRulesReview": body["status"] = rules(body, user: call.user)
        default:
            let spec = body["spec"] ?? [:]
            let user = UserInfo(
                username: spec["user"]?.stringValue ?? "", uid: spec["uid"]?.stringValue ?? "",
                groups: spec["groups"]?.strings ?? [])
            body["status"] = try access(body, user: user)
        }
        return .json(body, status: .created)
    }

    private func token(_ body: JSONValue) -> JSONValue {
        let token = body.at("spec", "token")?.stringValue ?? ""
        guard !token.isEmpty, let user = handler.api.tokens.user(of: token, store: handler.api.store) else {
            return ["authenticated": false, "error": "the token is not valid"]
        }
        return ["authenticated": true, "user": user.json]
    }

    private func access(_ body: JSONValue, user: UserInfo) throws(StatusError) -> JSONValue {
        let wanted: AccessRequest
        if let attributes = body.at("spec", "resourceAttributes") {
            func text(_ key: String) -> String { attributes[key]?.stringValue ?? "" }
            wanted = AccessRequest(
                verb: text("verb"), group: text("group"), resource: text("resource"), subresource: text("subresource"),
                namespace: text("namespace"), name: text("name"))
        } else if let attributes = body.at("spec", "nonResourceAttributes") {
            wanted = AccessRequest(
                verb: attributes["verb"]?.stringValue ?? "", path: attributes["path"]?.stringValue ?? "")
        } else {
            throw .badRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified")
        }
        let allowed = handler.authorizer.allows(wanted, user: user)
        return allowed ? ["allowed": true] : ["allowed": false, "reason": .string(wanted.refusal(user))]
    }

    private func rules(_ body: JSONValue, user: UserInfo) -> JSONValue {
        let namespace = body.at("spec", "namespace")?.stringValue ?? "default"
        let everything: JSONValue = ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]
        let held = user.isMaster ? [everything] : handler.authorizer.rules(of: user, in: namespace)
        return [
            "resourceRules": .array(held.filter { $0["nonResourceURLs"] == nil }),
            "nonResourceRules": .array(held.filter { $0["nonResourceURLs"] != nil }), "incomplete": false,
        ]
    }
}
