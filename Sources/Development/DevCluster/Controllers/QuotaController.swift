// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// Keeps `status.hard` and `status.used` of resource quotas true; admission itself counts anew each time.
struct QuotaController: Sendable {
    let api: ClusterAPI

    /// Runs until the task is cancelled or the store closes.
    func run() async {
        var revision: UInt64 = 0
        var dirty = namespacesWithQuotas()
        while !Task.isCancelled, !api.store.isClosed {
            for namespace in dirty { update(namespace) }
            dirty = []
            switch api.store.history(of: nil, after: max(revision, 0)) {
            case .events(let events, let upTo):
                revision = upTo
                if events.isEmpty {
                    await api.store.waitForChange(in: nil, after: revision)
                } else {
                    let touched = Set(events.map(\.key.namespace))
                    dirty = namespacesWithQuotas().intersection(touched)
                }
            case .expired, .future:
                revision = api.store.revision
                dirty = namespacesWithQuotas()
            }
        }
    }

    private func namespacesWithQuotas() -> Set<String> {
        Set(api.store.objects(QuotaRules.quotas).items.map(\.namespace))
    }

    private func update(_ namespace: String) {
        let buckets = Set(api.registry.namespaced.map(\.bucket))
        let used = try? api.store.read { (transaction) throws(StatusError) -> [(String, JSONValue)] in
            transaction.objects(QuotaRules.quotas, namespace: namespace).map { quota in
                (quota.name, QuotaRules.usage(of: quota, in: transaction, buckets: Array(buckets)))
            }
        }
        for (name, usage) in used ?? [] {
            // A quota that goes away meanwhile needs no status.
            _ = try? api.modify(.resourceQuota, namespace: namespace, name: name, subresource: "status") { quota in
                quota.setValue(quota.at("spec", "hard"), at: ["status", "hard"])
                quota.setValue(usage, at: ["status", "used"])
            }
        }
    }
}
