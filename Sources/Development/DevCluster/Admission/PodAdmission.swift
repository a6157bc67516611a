// SPDX-License-Identifier: MIT
import JSONCoding

/// What the ServiceAccount admission of Kubernetes holds: a pod runs as an account that is there.
enum PodAdmission {
    static func check(
        _ object: JSONValue, resource: ServedResource, in transaction: borrowing StoreTransaction
    ) throws(StatusError) {
        guard resource.bucket == .pods else { return }
        let name = object.at("spec", "serviceAccountName")?.stringValue ?? "default"
        let key = StorageKey(bucket: .serviceAccounts, namespace: object.namespace, name: name)
        guard transaction.object(key) != nil else {
            throw resource.forbidden(
                object.name,
                "error looking up service account \(object.namespace)/\(name): serviceaccount \"\(name)\" not found")
        }
    }
}
