// SPDX-License-Identifier: MIT
import Cryptography
import FoundationEssentials
import JSONCoding
import ServiceRuntime
import Synchronization
import SystemCalls

/// Who a bearer token belongs to: the administrator's token, and the tokens of service accounts that this server signs.
///
/// The key, the administrator's token and the certificate authority lie in the state folder, readable by its owner
/// alone, so that a restart keeps kubeconfig files and tokens valid.
final class TokenAuthority: Sendable {
    static let issuer = "https://kubernetes.default.svc"

    private let key: RSAPrivateKey
    private let publicKey: RSAPublicKey
    private let fixed: Mutex<[String: UserInfo]>
    /// The certificate that clients trust.
    let authorityPEM: String
    private let clock: WallClock

    init(key: RSAPrivateKey, authorityPEM: String, fixed: [String: UserInfo], clock: WallClock) throws {
        self.key = key
        publicKey = try key.publicKey()
        self.authorityPEM = authorityPEM
        self.fixed = Mutex(fixed)
        self.clock = clock
    }

    /// The user of a token, or nil. Tokens of accounts or pods that are gone are nobody's.
    func user(of token: String, store: ObjectStore) -> UserInfo? {
        let wanted = Array(token.utf8)
        // Every entry is compared, so that the time taken says nothing about a token.
        let known = fixed.withLock { fixed in
            fixed.reduce(nil as UserInfo?) { constantTimeEquals(Array($1.key.utf8), wanted) ? $1.value : $0 }
        }
        if let known { return known }
        guard let claims = try? JSONWebToken.verify(token, as: JSONValue.self, with: publicKey) else { return nil }
        return serviceAccount(claims, store: store)
    }

    private func serviceAccount(_ claims: JSONValue, store: ObjectStore) -> UserInfo? {
        guard let expiry = claims["exp"]?.integerValue, claims["iss"]?.stringValue == Self.issuer,
            Double(expiry) > clock.now().timeIntervalSince1970, let facts = claims["kubernetes.io"],
            let namespace = facts["namespace"]?.stringValue, let name = facts.at("serviceaccount", "name")?.stringValue,
            let uid = facts.at("serviceaccount", "uid")?.stringValue
        else { return nil }
        let account = store.object(StorageKey(bucket: .serviceAccounts, namespace: namespace, name: name))
        guard let account, account.uid == uid, !account.isBeingDeleted else { return nil }
        var user = UserInfo.serviceAccount(namespace: namespace, name: name, uid: uid)
        if let pod = facts.at("pod", "name")?.stringValue, let podUID = facts.at("pod", "uid")?.stringValue {
            let object = store.object(StorageKey(bucket: .pods, namespace: namespace, name: pod))
            guard object?.uid == podUID else { return nil }
            user.extra["authentication.kubernetes.io/pod-name"] = [pod]
            user.extra["authentication.kubernetes.io/pod-uid"] = [podUID]
        }
        return user
    }

    /// A token for a service account, optionally bound to a pod.
    ///
    /// - Parameter lifetime: seconds until it expires.
    func issue(
        account: JSONValue, audiences: [String], lifetime: Int, pod: JSONValue? = nil
    ) throws(StatusError) -> (token: String, expires: Timestamp) {
        let now = Int64(clock.now().timeIntervalSince1970)
        var facts: JSONObject = [
            "namespace": .string(account.namespace),
            "serviceaccount": ["name": .string(account.name), "uid": .string(account.uid)],
        ]
        if let pod { facts["pod"] = ["name": .string(pod.name), "uid": .string(pod.uid)] }
        let claims: JSONValue = [
            "iss": .string(Self.issuer),
            "aud": .array((audiences.isEmpty ? [Self.issuer] : audiences).map { .string($0) }),
            "sub": .string("system:serviceaccount:\(account.namespace):\(account.name)"), "iat": .integer(now),
            "nbf": .integer(now), "exp": .integer(now + Int64(lifetime)), "jti": .string(uuidVersion4()),
            "kubernetes.io": .object(facts),
        ]
        do {
            let token = try JSONWebToken.sign(claims, with: key)
            return (token, Timestamp(microseconds: (now + Int64(lifetime)) * 1_000_000))
        } catch {
            throw .internalError("the token cannot be signed: \(error)")
        }
    }

    /// Fills in a Secret that asks for a service account's token, as the token controller does.
    func complete(
        _ object: inout JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.kind == "Secret", object["type"]?.stringValue == "kubernetes.io/service-account-token" else {
            return
        }
        let name = object.annotations["kubernetes.io/service-account.name"] ?? ""
        let key = StorageKey(bucket: .serviceAccounts, namespace: object.namespace, name: name)
        guard let account = transaction.object(key) else {
            throw resource.invalid(
                object.name,
                [
                    .invalid(
                        "metadata.annotations[kubernetes.io/service-account.name]", .string(name),
                        "must name a service account of this namespace")
                ])
        }
        let year = 365 * 24 * 3600
        let token = try issue(account: account, audiences: [], lifetime: year).token
        object.setValue(.string(account.uid), at: ["metadata", "annotations", "kubernetes.io/service-account.uid"])
        object.setValue(.string(Base64Text.encode(token)), at: ["data", "token"])
        object.setValue(.string(Base64Text.encode(authorityPEM)), at: ["data", "ca.crt"])
        object.setValue(.string(Base64Text.encode(object.namespace)), at: ["data", "namespace"])
    }
}
