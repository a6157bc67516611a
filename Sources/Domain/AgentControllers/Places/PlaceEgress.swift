// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// What a place's pods may reach besides names, the operator, and 443 of public addresses: pure.
struct PlaceEgress: Sendable, Equatable {
    /// An address and port of the API server.
    struct Endpoint: Sendable, Equatable {
        var address: String
        var port: Int64
    }

    /// Where the API server really listens: most network plugins apply policies after a service's address was replaced.
    var apiServer: [Endpoint] = []
    /// Namespaces of the projects, which runs may talk to.
    var projectNamespaces: [String] = []
    /// Address ranges that are let through on port 443, such as a model provider's in a private network.
    var allowedCIDRs: [String] = []

    /// The egress rules (networking/v1 NetworkPolicyEgressRule). The API server is for who has rights there alone.
    func rules(mode: AgentMode) -> [JSONValue] {
        var rules: [JSONValue] = []
        if mode == .fullEnv {
            rules += apiServer.map { endpoint in
                [
                    "to": [["ipBlock": ["cidr": .string(Self.range(endpoint.address))]]],
                    "ports": [["protocol": "TCP", "port": .integer(endpoint.port)]],
                ]
            }
        }
        if !projectNamespaces.isEmpty {
            rules.append([
                "to": .array(
                    projectNamespaces.map {
                        ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string($0)]]]
                    })
            ])
        }
        if !allowedCIDRs.isEmpty {
            rules.append([
                "to": .array(allowedCIDRs.map { ["ipBlock": ["cidr": .string($0)]] }),
                "ports": [["protocol": "TCP", "port": 443]],
            ])
        }
        return rules
    }

    /// The endpoints of an EndpointSlice (discovery/v1): every ready address with every TCP port.
    static func endpoints(of slice: JSONValue) -> [Endpoint] {
        let ports = (slice["ports"]?.arrayValue ?? []).filter { ($0["protocol"]?.stringValue ?? "TCP") == "TCP" }
        let ready = (slice["endpoints"]?.arrayValue ?? []).filter { $0.at("conditions", "ready")?.boolValue ?? true }
        return ready.flatMap { $0["addresses"]?.arrayValue ?? [] }.compactMap(\.stringValue).flatMap { address in
            ports.compactMap { $0["port"]?.integerValue }.map { Endpoint(address: address, port: $0) }
        }
    }

    private static func range(_ address: String) -> String { address.contains(":") ? "\(address)/128" : "\(address)/32" }
}
