// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import Testing

@testable import AgentControllers

@Suite struct PlaceEgressTests {
    private static let slice: JSONValue = [
        "endpoints": [
            ["addresses": ["10.0.0.5", "10.0.0.6"], "conditions": ["ready": true]],
            ["addresses": ["10.0.0.7"], "conditions": ["ready": false]],
            ["addresses": ["fd00::1"]],
        ],
        "ports": [["name": "https", "port": 6443, "protocol": "TCP"], ["port": 53, "protocol": "UDP"]],
    ]

    @Test func readyAddressesWithTCPPortsAreTheAPIServers() {
        #expect(
            PlaceEgress.endpoints(of: Self.slice) == [
                .init(address: "10.0.0.5", port: 6443), .init(address: "10.0.0.6", port: 6443),
                .init(address: "fd00::1", port: 6443),
            ])
        #expect(PlaceEgress.endpoints(of: [:]).isEmpty)
    }

    @Test func theAPIServerIsForAgentsWithRightsThereAlone() throws {
        let egress = PlaceEgress(
            apiServer: PlaceEgress.endpoints(of: Self.slice), projectNamespaces: ["shop", "mail"], allowedCIDRs: ["10.9.0.0/16"])
        let rules = egress.rules(mode: .fullEnv)
        #expect(rules.count == 5)
        #expect(rules.first?.at("to")?.arrayValue?.first?.at("ipBlock", "cidr")?.stringValue == "10.0.0.5/32")
        #expect(rules[2].at("to")?.arrayValue?.first?.at("ipBlock", "cidr")?.stringValue == "fd00::1/128")
        #expect(rules[2]["ports"] == [["protocol": "TCP", "port": 6443]])
        #expect(rules[3]["to"]?.arrayValue?.count == 2)
        let limited = egress.rules(mode: .codeOnly)
        #expect(limited == Array(rules.suffix(2)))
        #expect(PlaceEgress().rules(mode: .fullEnv).isEmpty)
    }
}
