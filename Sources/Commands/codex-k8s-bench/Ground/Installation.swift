// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import YAMLCoding

/// Installs the definitions, access rules and admission policies of a real installation; what would run the operator
/// itself in pods is left out, because the benchmark runs it.
struct Installation {
    let api: APIClient
    let resources: String

    private static let leftOut: Set<String> = [
        "Deployment", "Service", "PodDisruptionBudget", "Job", "Kustomization", "NetworkPolicy", "ConfigMap", "Secret",
    ]
    private static let order = ["Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "Role"]

    func install() async throws {
        var objects: [JSONValue] = []
        for folder in ["\(resources)/crds", "\(resources)/manifests"] {
            for name in try Files.list(folder).sorted() where name.hasSuffix(".yaml") {
                for object in try YAMLParser.documents(Files.readText("\(folder)/\(name)")) {
                    guard let kind = object["kind"]?.stringValue, !Self.leftOut.contains(kind) else { continue }
                    objects.append(object)
                }
            }
        }
        let sorted = objects.enumerated().sorted { (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset) }
        for object in sorted.map(\.element) {
            let (version, kind) = (object["apiVersion"]?.stringValue ?? "", object["kind"]?.stringValue ?? "")
            guard let type = ResourceType.known(apiVersion: version, kind: kind) else {
                throw BrokenRun("the manifests hold a \(version) \(kind), which is not known here")
            }
            _ = try await api.apply(object, type: type, fieldManager: "codex-k8s-install", force: true)
        }
        try await waitUntilServed()
    }

    private static func rank(_ object: JSONValue) -> Int {
        order.firstIndex(of: object["kind"]?.stringValue ?? "") ?? order.count
    }

    /// A definition is served some time after it was taken.
    private func waitUntilServed() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        for plural in ["agentruns", "issuenamespaces"] {
            while (try? await api.request(.get, "/apis/codex-k8s.dev/v1alpha1/\(plural)")) == nil {
                guard ContinuousClock.now < deadline else { throw BrokenRun("\(plural) are not served after 30 s") }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
