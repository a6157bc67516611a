// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// `serviceaccounts/token`: tokens for a time, an audience and an object to end with.
struct TokenRequests: Sendable {
    let api: ClusterAPI

    /// The bounds of a token's life in seconds: ten minutes, and what fits 32 bits.
    private static let lifetimes: ClosedRange<Int64> = 600...(1 << 32)

    /// The request with the token in its status; nothing is stored.
    func answer(_ call: ResourceCall) throws(StatusError) -> ServerResponse {
        guard call.info.verb == "create" else { throw .methodNotAllowed }
        let account = try api.get(call.resource, namespace: call.namespace, name: call.info.name)
        var body = try RequestOptions.body(call.request)
        if let definition = BuiltInTypes.definition(group: "authentication.k8s.io", kind: "TokenRequest") {
            body = try BuiltInDecoder.decode(body, as: definition, kind: "TokenRequest", version: "v1").object
        }
        let lifetime = body.at("spec", "expirationSeconds")?.integerValue ?? 3600
        guard Self.lifetimes.contains(lifetime) else {
            throw .invalid(
                group: "authentication.k8s.io", kind: "TokenRequest", name: "",
                causes: [
                    .invalid(
                        "spec.expirationSeconds", .integer(lifetime),
                        lifetime < Self.lifetimes.lowerBound
                            ? "may not specify a duration less than 10 minutes"
                            : "may not specify a duration larger than 2^32 seconds")
                ])
        }
        let audiences = body.at("spec", "audiences")?.strings ?? []
        let bound = try boundObject(body.at("spec", "boundObjectRef"), account: account)
        let issued = try api.tokens.issue(
            account: account, audiences: audiences, lifetime: Int(lifetime), bound: bound)
        return .json(
            [
                "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                "metadata": [
                    "name": .string(account.name), "namespace": .string(account.namespace),
                    "uid": .string(account.uid), "creationTimestamp": .string(api.now.description),
                ],
                "spec": [
                    "audiences": .array(
                        (audiences.isEmpty ? [TokenAuthority.issuer] : audiences).map { .string($0) }),
                    "expirationSeconds": .integer(lifetime),
                    "boundObjectRef": body.at("spec", "boundObjectRef") ?? .null,
                ],
                "status": [
                    "token": .string(issued.token), "expirationTimestamp": .string(issued.expires.description),
                ],
            ], status: .created)
    }

    /// The object that a token is to end with, which must be there.
    private func boundObject(
        _ reference: JSONValue?, account: JSONValue
    ) throws(StatusError) -> TokenAuthority.BoundObject? {
        guard let reference else { return nil }
        let kind = reference["kind"]?.stringValue ?? ""
        let apiVersion = reference["apiVersion"]?.stringValue ?? ""
        let name = reference["name"]?.stringValue ?? ""
        guard let type = TokenAuthority.BoundObject.Kind(rawValue: kind), apiVersion == "v1" else {
            let version = apiVersion.contains("/") ? apiVersion : "/\(apiVersion)"
            throw .badRequest("cannot bind token to object of type \(version), Kind=\(kind)")
        }
        guard let object = api.store.object(type.key(namespace: account.namespace, name: name)) else {
            throw .notFound(group: "", plural: type.bucket.plural, name: name)
        }
        if type == .pod, object.at("spec", "serviceAccountName")?.stringValue != account.name {
            throw .badRequest(
                "cannot bind token for serviceaccount \"\(account.name)\" to pod running with different "
                    + "serviceaccount name.")
        }
        if let uid = reference["uid"]?.stringValue, !uid.isEmpty, uid != object.uid {
            throw .conflict(
                group: "", plural: kind, name: name,
                why: "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might "
                    + "have been deleted and then recreated")
        }
        return TokenAuthority.BoundObject(kind: type, object: object)
    }
}
