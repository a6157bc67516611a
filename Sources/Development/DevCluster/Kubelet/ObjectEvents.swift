// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime

/// Leaves core/v1 events on objects, for `kubectl describe`.
///
/// What is told again is counted on the first event, as Kubernetes does. A failure is of no consequence: events are
/// for people, and the usual reason is that the namespace is going away.
struct ObjectEvents: Sendable {
    let store: any ClusterStore
    /// Who speaks: `kubelet`, `job-controller`.
    let component: String

    func normal(_ object: JSONValue, _ reason: String, _ message: String) {
        record(object, type: "Normal", reason, message)
    }

    func warning(_ object: JSONValue, _ reason: String, _ message: String) {
        record(object, type: "Warning", reason, message)
    }

    private func record(_ object: JSONValue, type: String, _ reason: String, _ message: String) {
        var hasher = FNV()
        hasher.add("\(object.uid)/\(component)/\(type)/\(reason)/\(message)")
        let name = "\(object.name).\(String(hasher.value, radix: 16))"
        let now: JSONValue = .string(Timestamp.now.description)
        do throws(StatusError) {
            _ = try store.modify(.event, namespace: object.namespace, name: name, subresource: nil) { event in
                event["count"] = .integer((event["count"]?.integerValue ?? 1) + 1)
                event["lastTimestamp"] = now
            }
        } catch {
            guard error.isNotFound else { return }
            let event: JSONValue = [
                "apiVersion": "v1", "kind": "Event",
                "metadata": ["name": .string(name), "namespace": .string(object.namespace)],
                "involvedObject": [
                    "apiVersion": .string(object.apiVersion), "kind": .string(object.kind),
                    "namespace": .string(object.namespace), "name": .string(object.name), "uid": .string(object.uid),
                    "resourceVersion": .string(object.resourceVersion),
                ],
                "type": .string(type), "reason": .string(reason), "message": .string(message), "count": 1,
                "firstTimestamp": now, "lastTimestamp": now, "source": ["component": .string(component)],
                "reportingComponent": .string(component), "reportingInstance": "",
            ]
            _ = try? store.create(event, type: .event, namespace: object.namespace)
        }
    }
}

/// The FNV-1a hash: small and stable, for names that must be the same tomorrow.
struct FNV {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
}
