// SPDX-License-Identifier: MIT
import JSONCoding

/// ResourceQuota: what a namespace may hold, counted when something is made.
///
/// Usage is counted from the objects that are there, in the transaction that adds one, so it is never behind.
enum QuotaRules {
    /// A bound that an object would break.
    private struct Excess {
        var name: String
        var asked: Quantity
        var used: Quantity
        var limit: Quantity
    }

    static let quotas = StorageBucket(group: "", plural: "resourcequotas")

    /// Refuses an object that would take a namespace beyond one of its quotas.
    static func check(
        _ object: JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.isNamespaced, resource.bucket != quotas, resource.bucket != .events else { return }
        for quota in transaction.objects(quotas, namespace: object.namespace) {
            guard quota.at("spec", "scopes") == nil, quota.at("spec", "scopeSelector") == nil else { continue }
            let hard = (quota.at("spec", "hard")?.objectValue ?? [:]).filter { applies($0.key, to: resource.bucket) }
                .sorted { $0.key < $1.key }
            guard !hard.isEmpty else { continue }
            let unspecified = hard.compactMap { missing($0.key, in: object, bucket: resource.bucket) }
            guard unspecified.isEmpty else {
                throw resource.forbidden(
                    object.name,
                    "failed quota: \(quota.name): must specify \(unspecified.joined(separator: "; "))")
            }
            var exceeded: [Excess] = []
            for (name, value) in hard {
                let asked = amount(of: name, in: object, bucket: resource.bucket)
                guard asked > .zero, let limit = Quantity(value) else { continue }
                let used = used(name, bucket: resource.bucket, namespace: object.namespace, in: transaction)
                if used + asked > limit { exceeded.append(Excess(name: name, asked: asked, used: used, limit: limit)) }
            }
            guard !exceeded.isEmpty else { continue }
            func list(_ amount: (Excess) -> Quantity) -> String {
                exceeded.map { "\($0.name)=\(amount($0).text)" }.joined(separator: ",")
            }
            throw resource.forbidden(
                object.name,
                "exceeded quota: \(quota.name), requested: \(list { $0.asked }), used: \(list { $0.used }), "
                    + "limited: \(list { $0.limit })")
        }
    }

    /// What is used of each bounded thing, for `status.used`.
    static func usage(
        of quota: JSONValue, in transaction: borrowing StoreTransaction, buckets: [StorageBucket]
    ) -> JSONValue {
        var result = JSONObject()
        for (name, _) in (quota.at("spec", "hard")?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
            var total = Quantity.zero
            for bucket in buckets {
                total = total + used(name, bucket: bucket, namespace: quota.namespace, in: transaction)
            }
            result[name] = .string(total.text)
        }
        return .object(result)
    }

    private static func used(
        _ name: String, bucket: StorageBucket, namespace: String, in transaction: borrowing StoreTransaction
    ) -> Quantity {
        guard applies(name, to: bucket) else { return .zero }
        var total = Quantity.zero
        for object in transaction.objects(bucket, namespace: namespace) {
            total = total + amount(of: name, in: object, bucket: bucket)
        }
        return total
    }

    /// What a pod is asked about: `requests` or `limits`, and of what; nil for things that are counted.
    private static func compute(_ name: String) -> (section: String, resource: String)? {
        switch name {
        case "cpu", "memory", "ephemeral-storage": return ("requests", name)
        default: break
        }
        for section in ["requests", "limits"] where name.hasPrefix(section + ".") {
            let resource = String(name.dropFirst(section.count + 1))
            return resource == "storage" ? nil : (section, resource)
        }
        return nil
    }

    private static func applies(_ name: String, to bucket: StorageBucket) -> Bool {
        if compute(name) != nil { return bucket == .pods }
        if name == "requests.storage" { return bucket.description == "persistentvolumeclaims" }
        return name == "count/\(bucket)" || (bucket.group.isEmpty && name == bucket.plural)
    }

    /// The containers that must say something about a bounded resource and do not.
    private static func missing(_ name: String, in object: JSONValue, bucket: StorageBucket) -> String? {
        guard bucket == .pods, let (section, resource) = compute(name) else { return nil }
        let silent = PodResources.silent(section, resource, in: object)
        return silent.isEmpty ? nil : "\(name) for: \(silent.joined(separator: ","))"
    }

    private static func amount(of name: String, in object: JSONValue, bucket: StorageBucket) -> Quantity {
        if bucket == .pods {
            // A pod that has ended uses nothing any more, but is still there to be counted as an object.
            let phase = object.at("status", "phase")?.stringValue ?? ""
            if name != "count/pods", phase == "Succeeded" || phase == "Failed" { return .zero }
        }
        if let (section, resource) = compute(name) {
            return PodResources.total(section, resource, of: object) ?? .zero
        }
        if name == "requests.storage" {
            return object.at("spec", "resources", "requests", "storage").flatMap { Quantity($0) } ?? .zero
        }
        return Quantity(count: 1)
    }
}
