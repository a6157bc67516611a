// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import Testing

extension FaultCluster {
    private static let level = ResourceType(
        group: "flowcontrol.apiserver.k8s.io", version: "v1", kind: "PriorityLevelConfiguration",
        plural: "prioritylevelconfigurations", isNamespaced: false)
    private static let schema = ResourceType(
        group: "flowcontrol.apiserver.k8s.io", version: "v1", kind: "FlowSchema", plural: "flowschemas",
        isNamespaced: false)

    /// Gives a service account of the test's namespace one seat of its own, for everything it asks for, while the body
    /// runs: a second request at the same time is refused. Real servers only.
    func withOneSeat(for account: String, _ body: () async throws -> Void) async throws {
        let name = "\(namespace)-\(account)"
        // Seats are shares of what the server can do, 600 at a time; the ballast has nearly all of them.
        try await makeLevel(name, shares: 1)
        try await makeLevel("\(name)-ballast", shares: 2000)
        var flow = DynamicObject(Self.schema, name: name)
        flow["spec"] = [
            "matchingPrecedence": 50, "priorityLevelConfiguration": ["name": .string(name)],
            "rules": [
                [
                    "subjects": [
                        [
                            "kind": "ServiceAccount",
                            "serviceAccount": ["name": .string(account), "namespace": .string(namespace)],
                        ]
                    ],
                    "resourceRules": [
                        ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": true]
                    ],
                ]
            ],
        ]
        _ = try await admin.objects(Self.schema).create(flow)
        var failure: (any Error)?
        do {
            try await eventually("the level has one seat") {
                let text = try await admin.send(APIRequest(.get, "/metrics", accept: "text/plain", label: "metrics")).body
                return String(decoding: text, as: UTF8.self).contains(
                    "apiserver_flowcontrol_nominal_limit_seats{priority_level=\"\(name)\"} 1\n")
            }
            try await body()
        } catch {
            failure = error
        }
        try await admin.objects(Self.schema).delete(name)
        for level in [name, "\(name)-ballast"] { try await admin.objects(Self.level).delete(level) }
        if let failure { throw failure }
    }

    private func makeLevel(_ name: String, shares: Int64) async throws {
        var level = DynamicObject(Self.level, name: name)
        level["spec"] = [
            "type": "Limited",
            "limited": [
                "nominalConcurrencyShares": .integer(shares), "lendablePercent": 0, "borrowingLimitPercent": 0,
                "limitResponse": ["type": "Reject"],
            ],
        ]
        _ = try await admin.objects(Self.level).create(level)
    }
}

extension MetricsRegistry {
    /// The sum of a counter over the series whose labels contain a text.
    func total(_ name: String, _ label: String) -> Int {
        render().split(separator: "\n").filter { $0.hasPrefix(name) && $0.contains(label) }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.map { Int($0) }.reduce(0, +)
    }
}
