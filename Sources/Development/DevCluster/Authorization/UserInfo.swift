// SPDX-License-Identifier: MIT
package import JSONCoding

/// Who makes a request.
package struct UserInfo: Sendable, Hashable {
    /// The name, such as `system:serviceaccount:codex-k8s-system:codex-controller`.
    package var username: String
    /// The unique id where there is one.
    package var uid: String
    /// The groups; `system:authenticated` is among them for everyone who has shown a token.
    package var groups: [String]
    /// What an authenticator adds, such as the pod of a token.
    package var extra: [String: [String]]

    package init(username: String, uid: String = "", groups: [String], extra: [String: [String]] = [:]) {
        self.username = username
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The server itself, and the controllers inside it; nothing is forbidden to it.
    package static let apiServer = UserInfo(
        username: "system:apiserver", groups: ["system:masters", "system:authenticated"])

    /// Somebody without credentials; only the health and version paths answer.
    package static let anonymous = UserInfo(username: "system:anonymous", groups: ["system:unauthenticated"])

    /// The user of a service account's tokens.
    package static func serviceAccount(namespace: String, name: String, uid: String) -> UserInfo {
        UserInfo(
            username: "system:serviceaccount:\(namespace):\(name)", uid: uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    }

    /// Whether everything is allowed, whatever roles say.
    var isMaster: Bool { groups.contains("system:masters") }

    /// As `userInfo` of reviews and admission.
    package var json: JSONValue {
        var object: JSONObject = [
            "username": .string(username), "groups": .array(groups.map { .string($0) }),
        ]
        if !uid.isEmpty { object["uid"] = .string(uid) }
        if !extra.isEmpty {
            object["extra"] = .object(
                JSONObject(extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) }))
        }
        return .object(object)
    }
}
