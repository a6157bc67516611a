// SPDX-License-Identifier: MIT
import JSONCoding

/// ResourceQuota: what a namespace may hold, counted when something is made.
///
/// Usage is counted from the objects that are there, in the transaction that adds one, so it is never behind.
enum QuotaRules {
    static let quotas = StorageBucket(group: "", plural: "resourcequotas")

    static func check(
        _ object: JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.isNamespaced, resource.bucket != quotas, resource.bucket.plural != "events" else { return }
        for quota in transaction.objects(quotas, namespace: object.namespace) {
            guard quota.at("spec", "scopes") == nil, quota.at("spec", "scopeSelector") == nil else { continue }
            let hard = quota.at("spec", "hard")?.objectValue ?? [:]
            for (name, limit) in hard {
                let asked = amount(of: name, in: object, bucket: resource.bucket)
                guard asked.applies else { continue }
                if let missing = asked.missing {
                    throw resource.forbidden(
                        object.name, "failed quota: \(quota.name): must specify \(name) for: \(missing)")
                }
                guard asked.amount > 0 else { continue }
                let used = used(name, bucket: resource.bucket, namespace: object.namespace, in: transaction)
                guard let maximum = Quantity(limit), used + asked.amount > maximum.value + 1e-9 else { continue }
                throw resource.forbidden(
                    object.name,
                    "exceeded quota: \(quota.name), requested: \(name)=\(Quantity.text(asked.amount)), used: "
                        + "\(name)=\(Quantity.text(used)), limited: \(name)="
                        + (limit.stringValue ?? limit.encodedString())
                )
            }
        }
    }

    /// What is used of each bounded thing, for `status.used`.
    static func usage(
        of quota: JSONValue, in transaction: borrowing StoreTransaction, buckets: [StorageBucket]
    ) -> JSONValue {
        var result = JSONObject()
        for (name, _) in quota.at("spec", "hard")?.objectValue ?? [:] {
            let total = buckets.reduce(0.0) {
                $0 + used(name, bucket: $1, namespace: quota.namespace, in: transaction)
            }
            result[name] = .string(Quantity.text(total))
        }
        return .object(result)
    }

    private static func used(
        _ name: String, bucket: StorageBucket, namespace: String, in transaction: borrowing StoreTransaction
    ) -> Double {
        guard applies(name, to: bucket) else { return 0 }
        return transaction.objects(bucket, namespace: namespace).reduce(0) {
            $0 + amount(of: name, in: $1, bucket: bucket).amount
        }
    }

    private static let computeNames: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
        "requests.ephemeral-storage", "limits.ephemeral-storage",
    ]

    private static func applies(_ name: String, to bucket: StorageBucket) -> Bool {
        if computeNames.contains(name) { return bucket == .pods }
        if name == "requests.storage" { return bucket.description == "persistentvolumeclaims" }
        return name == "count/\(bucket)" || (bucket.group.isEmpty && name == bucket.plural)
    }

    private static func amount(
        of name: String, in object: JSONValue, bucket: StorageBucket
    ) -> (applies: Bool, amount: Double, missing: String?) {
        guard applies(name, to: bucket) else { return (false, 0, nil) }
        if bucket == .pods {
            // A pod that has ended uses nothing any more.
            let phase = object.at("status", "phase")?.stringValue ?? ""
            if phase == "Succeeded" || phase == "Failed" { return (true, 0, nil) }
        }
        if name == "requests.storage" {
            let asked = object.at("spec", "resources", "requests", "storage").flatMap(Quantity.init)
            return (true, asked?.value ?? 0, nil)
        }
        guard computeNames.contains(name) else { return (true, 1, nil) }
        let parts = name.split(separator: ".").map(String.init)
        let (section, resource) = parts.count == 2 ? (parts[0], parts[1]) : ("requests", name)
        var total = 0.0
        var missing: [String] = []
        for list in ["containers", "initContainers"] {
            for container in object.at("spec", list)?.arrayValue ?? [] {
                // Only init containers that keep running count beside the others.
                if list == "initContainers", container["restartPolicy"]?.stringValue != "Always" { continue }
                if let value = container.at("resources", section, resource).flatMap(Quantity.init) {
                    total += value.value
                } else {
                    missing.append(container["name"]?.stringValue ?? "")
                }
            }
        }
        return (true, total, missing.isEmpty ? nil : missing.joined(separator: ","))
    }
}

/// A Kubernetes quantity such as `500m` or `2Gi`.
struct Quantity: Sendable, Equatable {
    var value: Double

    private static let suffixes: [(String, Double)] = [
        ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776), ("m", 0.001), ("k", 1e3),
        ("M", 1e6), ("G", 1e9), ("T", 1e12), ("n", 1e-9), ("u", 1e-6),
    ]

    init?(_ json: JSONValue) {
        if let number = json.doubleValue {
            value = number
            return
        }
        guard let text = json.stringValue else { return nil }
        for (suffix, factor) in Self.suffixes where text.hasSuffix(suffix) {
            guard let number = Double(text.dropLast(suffix.count)) else { return nil }
            value = number * factor
            return
        }
        guard let number = Double(text) else { return nil }
        value = number
    }

    /// The usual way of writing an amount: whole numbers, else thousandths.
    static func text(_ value: Double) -> String {
        if value == value.rounded() { return String(Int64(value)) }
        return "\(Int64((value * 1000).rounded()))m"
    }
}
