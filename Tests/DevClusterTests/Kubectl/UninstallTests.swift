// SPDX-License-Identifier: MIT
import ChildProcesses
import Testing

@testable import DevCluster

/// `hack/uninstall.sh`, with nobody left who would take finalizers off.
@Suite(
    .timeLimit(.minutes(3)),
    .disabled(if: Kubectl.isMissing, "kubectl is not on this machine, so nothing is known about it"))
struct UninstallTests {
    private static let root = String(#filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 })

    /// What a controller that is gone left of a run that goes on.
    private static let leftovers = """
        apiVersion: codex-k8s.dev/v1alpha1
        kind: AgentRun
        metadata: {name: shop-42, namespace: codex-k8s, finalizers: [codex-k8s.dev/cleanup]}
        spec: {repository: acme/shop, issue: 42, trigger: {kind: dev}}
        ---
        apiVersion: codex-k8s.dev/v1alpha1
        kind: IssueNamespace
        metadata: {name: codex-issue-42-dev-x, finalizers: [codex-k8s.dev/cleanup]}
        spec: {repository: acme/shop, repositoryID: 1, issue: 42, agent: dev, mode: CodeOnly}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: codex-issue-42-dev-x, labels: {codex-k8s.dev/managed-by: codex-k8s}}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: shop-42
          namespace: codex-issue-42-dev-x
          labels: {codex-k8s.dev/managed-by: codex-k8s}
          finalizers: [codex-k8s.dev/result]
        spec:
          containers: [{name: agent, image: x, command: [sleep, "600"]}]
          terminationGracePeriodSeconds: 1
        """

    private static func uninstall(_ kubectl: Kubectl, _ arguments: String...) async throws -> ChildProcess.Result {
        var configuration = try kubectl.configuration(arguments)
        configuration.executable = "\(root)/hack/uninstall.sh"
        return try await ChildProcess.run(configuration, timeout: .seconds(150))
    }

    @Test func nothingIsLeftThoughTheControllerIsDead() async throws {
        try await Kubectl.withServer { kubectl, _ in
            try await kubectl("apply", "-f", "\(Self.root)/crds")
            try await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
            try await kubectl("apply", "-k", "\(Self.root)/manifests")
            try await kubectl("create", "namespace", "bystander")
            try await kubectl("apply", "-f", "-", input: Self.leftovers)

            let asked = try await Self.uninstall(kubectl)
            #expect(asked.exitCode == 1)
            for name in ["codex-k8s/shop-42", "codex-issue-42-dev-x", "nothing was changed"] {
                #expect(asked.errorText.contains(name), "\(asked.errorText)")
            }
            try await kubectl("get", "agentrun", "shop-42", "-n", "codex-k8s")

            let done = try await Self.uninstall(kubectl, "--yes")
            #expect(done.exitCode == 0, "\(done.errorText)")
            let left = try await kubectl(
                "get", "namespaces,crds,clusterroles,clusterrolebindings,validatingadmissionpolicies", "-o", "name")
            #expect(!left.contains("codex"), "\(left)")
            #expect(left.contains("namespace/bystander"))
            // Again, with nothing there any more.
            #expect(try await Self.uninstall(kubectl, "--yes").exitCode == 0)
        }
    }
}
