// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// The one node of the embedded cluster: this machine.
enum NodeRegistration {
    static let name = "laptop"

    /// Makes the Node, or makes the one that is there ready again.
    static func register(in store: any ClusterStore, now: Timestamp) throws(StatusError) {
        let node: JSONValue = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string(name),
                "labels": [
                    "kubernetes.io/hostname": .string(name), "kubernetes.io/os": "linux",
                    "codex-k8s.dev/processes": "true",
                ],
                "annotations": ["codex-k8s.dev/note": "containers run as local processes; images are not used"],
            ],
            "spec": .object([:]),
        ]
        do throws(StatusError) { _ = try store.create(node, type: .node, namespace: nil) } catch {
            guard error.isAlreadyExists else { throw error }
        }
        _ = try store.modify(.node, namespace: nil, name: name, subresource: "status") { node in
            node["status"] = status(now)
        }
    }

    private static func status(_ now: Timestamp) -> JSONValue {
        [
            "capacity": ["cpu": "64", "memory": "256Gi", "pods": "110"],
            "allocatable": ["cpu": "64", "memory": "256Gi", "pods": "110"],
            "addresses": [
                ["type": "InternalIP", "address": "127.0.0.1"], ["type": "Hostname", "address": .string(name)],
            ],
            "nodeInfo": [
                "kubeletVersion": "v1.36.0-codex-k8s.process", "operatingSystem": "linux", "osImage": "this machine",
                "containerRuntimeVersion": "process://1", "kubeProxyVersion": "", "kernelVersion": "", "machineID": "",
                "architecture": "", "bootID": "", "systemUUID": "",
            ],
            "conditions": [
                [
                    "type": "Ready", "status": "True", "reason": "KubeletReady",
                    "message": "the process kubelet runs", "lastTransitionTime": .string(now.description),
                    "lastHeartbeatTime": .string(now.description),
                ]
            ],
        ]
    }
}
