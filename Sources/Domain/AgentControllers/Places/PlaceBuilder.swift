// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// One object that a place is made of.
struct PlaceObject: Equatable {
    var type: ResourceType
    var namespace: String?
    var name: String
    var json: JSONValue
}

/// Builds everything that an IssueNamespace owns: pure, in the order in which it has to be made.
struct PlaceBuilder {
    let place: IssueNamespace
    /// The service account that the controller runs as, and its namespace.
    let controllerServiceAccount: String
    let systemNamespace: String
    /// What the place's pods may reach besides names, the operator and the world.
    var egress = PlaceEgress()

    /// The run namespace's name: that of the place itself.
    var runNamespace: String { place.metadata.name }
    /// The environment's name; `nil` for an agent without Kubernetes access.
    var environmentNamespace: String? {
        place.spec.mode == .fullEnv ? Names.environmentNamespace(of: place.metadata.name) : nil
    }

    /// The namespaces, made first.
    var namespaces: [PlaceObject] {
        [namespace(runNamespace, purpose: "run")]
            + (environmentNamespace.map { [namespace($0, purpose: "env")] } ?? [])
    }

    /// The controller's own right to write into the run namespace; what a run adds there needs it.
    var controllerBinding: PlaceObject {
        object(
            .roleBinding, runNamespace, Names.controllerBinding,
            [
                "roleRef": roleReference("codex-controller-run"),
                "subjects": [
                    [
                        "kind": "ServiceAccount", "name": .string(controllerServiceAccount),
                        "namespace": .string(systemNamespace),
                    ]
                ],
            ])
    }

    /// Everything else, in any order; the controller's role grants these in every namespace that is ours.
    var contents: [PlaceObject] {
        var objects = [
            object(.serviceAccount, runNamespace, Names.serviceAccount, ["automountServiceAccountToken": false]),
            object(.resourceQuota, runNamespace, Names.quota, ["spec": ["hard": ["pods": "4", "count/jobs.batch": "4"]]]),
            object(.networkPolicy, runNamespace, Names.networkPolicy, ["spec": networkPolicy(insideAllowed: false)]),
        ]
        guard let environment = environmentNamespace else { return objects }
        objects += [
            object(
                .roleBinding, environment, Names.agentBinding,
                [
                    "roleRef": roleReference(Names.agentClusterRole(readOnly: place.spec.readOnly ?? false)),
                    "subjects": [
                        [
                            "kind": "ServiceAccount", "name": .string(Names.serviceAccount),
                            "namespace": .string(runNamespace),
                        ]
                    ],
                ]),
            object(
                .resourceQuota, environment, Names.quota,
                [
                    "spec": [
                        "hard": [
                            "pods": "20", "requests.cpu": "8", "requests.memory": "16Gi", "limits.cpu": "16",
                            "limits.memory": "32Gi", "requests.storage": "50Gi", "persistentvolumeclaims": "10",
                            "services.loadbalancers": "0", "services.nodeports": "0",
                        ]
                    ]
                ]),
            object(
                .limitRange, environment, Names.limits,
                [
                    "spec": [
                        "limits": [
                            [
                                "type": "Container", "default": ["cpu": "500m", "memory": "512Mi"],
                                "defaultRequest": ["cpu": "100m", "memory": "128Mi"],
                                "max": ["cpu": "4", "memory": "8Gi"],
                            ]
                        ]
                    ]
                ]),
            object(.networkPolicy, environment, Names.networkPolicy, ["spec": networkPolicy(insideAllowed: true)]),
        ]
        return objects
    }

    /// Labels of both namespaces and of everything in them.
    var labels: [String: String] {
        [
            Keys.managedBy: Keys.manager,
            Keys.repositoryID: String(place.spec.repositoryID),
            Keys.issue: String(place.spec.issue),
            Keys.agent: place.spec.agent,
            Keys.issueNamespaceUID: place.metadata.uid,
        ]
    }

    private var owner: JSONValue {
        [
            "apiVersion": .string(place.apiVersion), "kind": .string(place.kind), "name": .string(place.metadata.name),
            "uid": .string(place.metadata.uid), "controller": true, "blockOwnerDeletion": true,
        ]
    }

    private func namespace(_ name: String, purpose: String) -> PlaceObject {
        var labels = labels
        labels[Keys.namespacePurpose] = purpose
        labels["pod-security.kubernetes.io/enforce"] = "restricted"
        labels["pod-security.kubernetes.io/warn"] = "restricted"
        let json: JSONValue = [
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": [
                "name": .string(name), "labels": JSONValue(labels),
                "annotations": [Keys.repository: .string(place.spec.repository)],
                "ownerReferences": [owner],
            ],
        ]
        return PlaceObject(type: .namespace, namespace: nil, name: name, json: json)
    }

    private func object(_ type: ResourceType, _ namespace: String, _ name: String, _ body: JSONValue) -> PlaceObject {
        var json: JSONValue = [
            "apiVersion": .string(type.apiVersion),
            "kind": .string(type.kind),
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "labels": JSONValue(labels),
                "ownerReferences": [owner],
            ],
        ]
        for (key, value) in body.objectValue ?? [:] { json[key] = value }
        return PlaceObject(type: type, namespace: namespace, name: name, json: json)
    }

    private func roleReference(_ name: String) -> JSONValue {
        ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(name)]
    }

    /// Nothing comes in from outside; out go names, and 443 to the world but not to private, link-local or cluster
    /// addresses. Inside an environment its own pods talk to each other.
    private func networkPolicy(insideAllowed: Bool) -> JSONValue {
        let names: JSONValue = [
            "to": [["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "kube-system"]]]],
            "ports": [["protocol": "UDP", "port": 53], ["protocol": "TCP", "port": 53]],
        ]
        let world: JSONValue = [
            "to": [
                [
                    "ipBlock": [
                        "cidr": "0.0.0.0/0",
                        "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"],
                    ]
                ]
            ],
            "ports": [["protocol": "TCP", "port": 443]],
        ]
        let system: JSONValue = [
            "to": [
                ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(systemNamespace)]]]
            ]
        ]
        var egress: [JSONValue] = [names, world, system] + egress.rules(mode: place.spec.mode)
        var ingress: [JSONValue] = []
        if insideAllowed {
            egress.append(["to": [["podSelector": [:]]]])
            ingress.append(["from": [["podSelector": [:]]]])
        }
        return [
            "podSelector": [:], "policyTypes": ["Ingress", "Egress"], "ingress": .array(ingress),
            "egress": .array(egress),
        ]
    }
}
