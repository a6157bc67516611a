// SPDX-License-Identifier: MIT
package import JSONCoding

/// A request that is about to change something, as policies see it.
package struct AdmissionRequest: Sendable {
    /// What is being done.
    package enum Operation: String, Sendable, Hashable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        case connect = "CONNECT"
    }

    /// Who asks.
    package struct UserInfo: Sendable, Hashable {
        package var username: String
        package var uid: String
        package var groups: [String]
        package var extra: [String: [String]]

        package init(username: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
            self.username = username
            self.uid = uid
            self.groups = groups
            self.extra = extra
        }
    }

    package var uid: String
    package var operation: Operation
    package var group: String
    package var version: String
    package var kind: String
    /// The plural name, such as `agentruns`.
    package var resource: String
    /// Such as `status`; empty for the object itself.
    package var subresource: String
    /// Empty for objects outside namespaces.
    package var namespace: String
    /// Empty while the server has not made up a name.
    package var name: String
    package var userInfo: UserInfo
    package var isDryRun: Bool
    /// The new object; `nil` when something is deleted.
    package var object: JSONValue?
    /// The object before; `nil` when something is created.
    package var oldObject: JSONValue?
    /// The options of the request, such as `DeleteOptions`.
    package var options: JSONValue?

    package init(
        operation: Operation, group: String, version: String, kind: String, resource: String,
        subresource: String = "", namespace: String = "", name: String = "", userInfo: UserInfo,
        isDryRun: Bool = false, object: JSONValue? = nil, oldObject: JSONValue? = nil, options: JSONValue? = nil,
        uid: String = ""
    ) {
        self.operation = operation
        self.group = group
        self.version = version
        self.kind = kind
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.userInfo = userInfo
        self.isDryRun = isDryRun
        self.object = object
        self.oldObject = oldObject
        self.options = options
        self.uid = uid
    }

    /// The variable `request`: an AdmissionRequest (admission.k8s.io/v1) in which empty fields are missing.
    var json: JSONValue {
        let kind: JSONValue = ["group": .string(group), "version": .string(version), "kind": .string(kind)]
        let resource: JSONValue = [
            "group": .string(group), "version": .string(version), "resource": .string(resource),
        ]
        var user: JSONValue = ["username": .string(userInfo.username)]
        if !userInfo.uid.isEmpty { user["uid"] = .string(userInfo.uid) }
        if !userInfo.groups.isEmpty { user["groups"] = .array(userInfo.groups.map { .string($0) }) }
        if !userInfo.extra.isEmpty {
            user["extra"] = .object(
                JSONObject(
                    userInfo.extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) }))
        }
        var result: JSONValue = [
            "uid": .string(uid), "kind": kind, "resource": resource, "requestKind": kind,
            "requestResource": resource, "operation": .string(operation.rawValue), "userInfo": user,
            "dryRun": .bool(isDryRun),
        ]
        if !subresource.isEmpty {
            result["subResource"] = .string(subresource)
            result["requestSubResource"] = .string(subresource)
        }
        if !name.isEmpty { result["name"] = .string(name) }
        if !namespace.isEmpty { result["namespace"] = .string(namespace) }
        if let options { result["options"] = options }
        return result
    }
}
