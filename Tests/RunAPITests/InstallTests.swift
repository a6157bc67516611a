// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import RunAPI
import SystemCalls
import Testing
import YAMLCoding

@testable import AgentControllers

/// What `manifests/` say about the run API, held to what the programs do.
@Suite struct InstallTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    private static func objects(_ file: String, _ kind: String) throws -> [JSONValue] {
        try YAMLParser.documents(Files.readText("\(root)/manifests/\(file).yaml")).filter {
            $0["kind"]?.stringValue == kind
        }
    }

    private static func named(_ name: String, _ objects: [JSONValue]) throws -> JSONValue {
        try #require(objects.first { $0.at("metadata", "name")?.stringValue == name })
    }

    @Test func theServiceLeadsToTheControllersPort() throws {
        let deployment = try Self.named("codex-k8s-controller", Self.objects("controller", "Deployment"))
        let container = deployment.at("spec", "template", "spec", "containers")?[0]
        let port = container?["ports"]?.arrayValue?.first { $0["name"] == "run-api" }
        // The default of --run-api-listen.
        #expect(port?["containerPort"] == 8082)
        let service = try Self.named("codex-k8s-run-api", Self.objects("controller", "Service"))
        #expect(service.at("spec", "selector") == deployment.at("spec", "selector", "matchLabels"))
        #expect(service.at("spec", "ports")?[0]?["targetPort"] == "run-api")
        let text = try #require(
            try Self.objects("configuration", "ConfigMap").first?.at("data", "config.yaml")?.stringValue)
        let configuration = try OperatorConfiguration(YAMLParser.document(text))
        let name = service.at("metadata", "name")?.stringValue ?? ""
        #expect(configuration.runAPI.url == "http://\(name).\(configuration.systemNamespace).svc")
        #expect(service.at("spec", "ports")?[0]?["port"] == 80)
    }

    @Test func podsOfRunsAloneReachIt() throws {
        let policy = try Self.named("codex-k8s-controller", Self.objects("network", "NetworkPolicy"))
        let rules = policy.at("spec", "ingress")?.arrayValue ?? []
        let ours = rules.filter { $0["ports"]?[0]?["port"] == 8082 }
        #expect(ours.count == 1 && ours[0]["ports"]?.arrayValue?.count == 1)
        let selector = ours[0]["from"]?[0]?.at("namespaceSelector", "matchLabels")
        #expect(selector?[Keys.namespacePurpose] == "run" && selector?[Keys.managedBy] == .string(Keys.manager))
        #expect(ours[0]["from"]?.arrayValue?.count == 1)
    }

    @Test func theControllerMayAskWhoseTokenItIs() throws {
        let role = try Self.named("codex-k8s-controller", Self.objects("rbac-controller", "ClusterRole"))
        let rules = role["rules"]?.arrayValue ?? []
        let reviews = rules.filter { $0["apiGroups"] == ["authentication.k8s.io"] }
        #expect(
            reviews == [["apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]]])
    }
}
