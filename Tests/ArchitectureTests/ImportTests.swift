// SPDX-License-Identifier: MIT
import Testing

/// Holds the imports of every file to the order of layers.
@Suite(.timeLimit(.minutes(1))) struct ImportTests {
    let tree: SourceTree

    init() throws { tree = try SourceTree.read() }

    @Test("Every import follows the order of layers")
    func layers() {
        #expect(tree.targets.count > 30, "the scan found too few targets to mean anything: \(tree.targets.map(\.path))")
        for target in tree.targets {
            for file in target.swiftFiles {
                for module in file.imports.sorted() {
                    if let objection = LayerRules.objection(to: module, in: target.name, layer: target.layer) {
                        Issue.record("\(file.path) imports \(module): \(objection)")
                    }
                }
            }
        }
    }

    @Test("Two adapters never import each other")
    func adapters() {
        let adapters = tree.targets.filter { $0.layer == "Adapters" }
        let names = Set(adapters.map(\.name))
        #expect(names.count > 3)
        for adapter in adapters {
            let others = adapter.imports.intersection(names)
            #expect(others.isEmpty, "\(adapter.name) imports \(others.sorted()): commands join adapters")
        }
    }

    @Test("Nothing that the edge imports leads to the database, the controllers or the code host")
    func edge() {
        let reached = tree.imported(from: "codex-k8s-edge", "WebhookEdge")
        #expect(reached.contains("KubernetesClient"), "the closure is not followed: \(reached.sorted())")
        #expect(reached.isDisjoint(with: LayerRules.keptFromTheEdge), "\(reached.sorted())")
    }

    @Test("Nothing that the operator imports leads to the stand-ins of the laptop mode")
    func operatorProgram() {
        let reached = tree.imported(from: "codex-k8s")
        #expect(reached.contains("AgentControllers"), "the closure is not followed: \(reached.sorted())")
        #expect(reached.isDisjoint(with: LayerRules.keptFromTheOperator), "\(reached.sorted())")
    }

    @Test("Nothing that the runner imports leads to the database or the Kubernetes API")
    func runner() {
        let reached = tree.imported(from: "agent-runner")
        #expect(reached.contains("AgentAPI"), "the closure is not followed: \(reached.sorted())")
        #expect(reached.isDisjoint(with: LayerRules.keptFromTheRunner), "\(reached.sorted())")
    }

    /// The rules themselves: a table that answers everything with yes would hold nothing.
    @Test(
        "The table of layers refuses what it must",
        arguments: [
            ("Edge", "WebhookEdge", "Postgres"), ("Edge", "WebhookEdge", "ControllerRuntime"),
            ("Edge", "WebhookEdge", "AgentControllers"), ("Edge", "WebhookEdge", "GitHubProvider"),
            ("Domain", "AgentControllers", "Postgres"), ("Domain", "AgentControllers", "GitHubProvider"),
            ("Domain", "AgentControllers", "HTTPServing"), ("Domain", "RunPolicy", "KubernetesClient"),
            ("Domain", "AgentAPI", "HTTPTransport"), ("Kubernetes", "ControllerRuntime", "AgentAPI"),
            ("Support", "JSONCoding", "KubernetesAPI"), ("Adapters", "GitHubProvider", "GitHubEvents"),
            ("Adapters", "AuditStore", "CPostgres"), ("System", "Postgres", "CCurl"),
            ("System", "Postgres", "KubernetesAPI"), ("Development", "DevForge", "AgentAPI"),
            ("Domain", "AgentAPI", "Foundation"), ("Support", "ServiceRuntime", "FoundationEssentials"),
            ("Domain", "AgentAPI", "Glibc"),
            ("Commands", "codex-k8s-edge", "Postgres"), ("Commands", "agent-runner", "KubernetesClient"),
        ])
    func refusals(layer: String, target: String, module: String) {
        #expect(LayerRules.objection(to: module, in: target, layer: layer) != nil)
    }

    @Test(
        "Import lines are read in every form",
        arguments: [
            ("import JSONCoding", "JSONCoding"), ("package import JSONCoding", "JSONCoding"),
            ("@testable import AgentAPI", "AgentAPI"), ("import struct Foundation.URL", "Foundation"),
            ("@preconcurrency internal import Glibc", "Glibc"), ("let important = 1", nil), ("// import A", nil),
        ])
    func importLines(line: String, module: String?) {
        let code = SourceTree.File.withoutComment(Substring(line))
        #expect(SourceTree.File.importedModule(code) == module)
    }
}
