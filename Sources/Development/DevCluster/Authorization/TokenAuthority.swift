// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
import ServiceRuntime
import Synchronization
import SystemCalls

/// Who a bearer token belongs to: the administrator's token, and the tokens of service accounts that this server signs.
///
/// The key, the administrator's token and the certificate authority lie in the state folder, readable by its owner
/// alone, so that a restart keeps kubeconfig files and tokens valid.
final class TokenAuthority: Sendable {
    /// Who signs, and whom tokens are for when nothing else is said.
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

    /// An object with which a token ends.
    struct BoundObject: Sendable {
        /// The kinds that tokens are bound to.
        enum Kind: String, Sendable, CaseIterable {
            case pod = "Pod"
            case secret = "Secret"

            /// Where such objects lie.
            var bucket: StorageBucket { self == .pod ? .pods : StorageBucket(group: "", plural: "secrets") }
            /// The member of the token's facts.
            var claim: String { self == .pod ? "pod" : "secret" }

            /// The address of such an object.
            func key(namespace: String, name: String) -> StorageKey {
                StorageKey(bucket: bucket, namespace: namespace, name: name)
            }
        }

        var kind: Kind
        var object: JSONValue
    }

    /// What a token is worth.
    enum Verdict: Sendable {
        /// It is this user's, for these of the audiences that were asked about.
        case user(UserInfo, audiences: [String])
        /// It is nobody's, or not for whom it was shown to.
        case refused(String)
    }

    /// The user of a token that is for this server, or nil.
    func user(of token: String, store: ObjectStore) -> UserInfo? {
        guard case .user(let user, _) = authenticate(token, audiences: [], store: store) else { return nil }
        return user
    }

    /// Judges a token. Tokens of accounts, pods or secrets that are gone are nobody's.
    ///
    /// - Parameter audiences: whom it may be for; this server when there is none.
    func authenticate(_ token: String, audiences: [String], store: ObjectStore) -> Verdict {
        let accepted = audiences.isEmpty ? [Self.issuer] : audiences
        let wanted = Array(token.utf8)
        // Every entry is compared, so that the time taken says nothing about a token.
        let known = fixed.withLock { fixed in
            fixed.reduce(nil as UserInfo?) { constantTimeEquals(Array($1.key.utf8), wanted) ? $1.value : $0 }
        }
        if let known {
            // The administrator's token is for this server alone.
            return accepted.contains(Self.issuer)
                ? .user(known, audiences: [Self.issuer]) : .refused("invalid bearer token")
        }
        guard let claims = try? JSONWebToken.verify(token, as: JSONValue.self, with: publicKey),
            let user = serviceAccount(claims, store: store)
        else { return .refused("invalid bearer token") }
        let own = claims["aud"]?.strings ?? []
        let common = own.filter(accepted.contains)
        guard !common.isEmpty else {
            func list(_ names: [String]) -> String { "[" + names.map { "\"\($0)\"" }.joined(separator: " ") + "]" }
            return .refused(
                "[invalid bearer token, token audiences \(list(own)) is invalid for the target audiences "
                    + "\(list(accepted))]")
        }
        return .user(user, audiences: common)
    }

    private func serviceAccount(_ claims: JSONValue, store: ObjectStore) -> UserInfo? {
        guard let expiry = claims["exp"]?.integerValue, claims["iss"]?.stringValue == Self.issuer,
            expiry > clock.now().microseconds / 1_000_000, let facts = claims["kubernetes.io"],
            let namespace = facts["namespace"]?.stringValue, let name = facts.at("serviceaccount", "name")?.stringValue,
            let uid = facts.at("serviceaccount", "uid")?.stringValue
        else { return nil }
        let account = store.object(StorageKey(bucket: .serviceAccounts, namespace: namespace, name: name))
        guard let account, account.uid == uid, !account.isBeingDeleted else { return nil }
        var user = UserInfo.serviceAccount(namespace: namespace, name: name, uid: uid)
        for kind in BoundObject.Kind.allCases {
            guard let bound = facts[kind.claim] else { continue }
            let object = store.object(kind.key(namespace: namespace, name: bound["name"]?.stringValue ?? ""))
            guard let object, object.uid == bound["uid"]?.stringValue else { return nil }
            if kind == .pod {
                user.extra["authentication.kubernetes.io/pod-name"] = [object.name]
                user.extra["authentication.kubernetes.io/pod-uid"] = [object.uid]
            }
        }
        if let identity = claims["jti"]?.stringValue {
            user.extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(identity)"]
        }
        return user
    }

    /// A token for a service account.
    ///
    /// - Parameters:
    ///   - audiences: whom it is for; this server when there is none.
    ///   - lifetime: seconds until it expires.
    ///   - bound: the object that it ends with.
    func issue(
        account: JSONValue, audiences: [String], lifetime: Int, bound: BoundObject? = nil
    ) throws(StatusError) -> (token: String, expires: Timestamp) {
        let now = clock.now().microseconds / 1_000_000
        var facts: JSONObject = [
            "namespace": .string(account.namespace),
            "serviceaccount": ["name": .string(account.name), "uid": .string(account.uid)],
        ]
        if let bound {
            facts[bound.kind.claim] = ["name": .string(bound.object.name), "uid": .string(bound.object.uid)]
        }
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
