// SPDX-License-Identifier: MIT
import CommandLineInterface
import DevCluster
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import OperatorParts
import ServiceRuntime
import SystemCalls
import YAMLCoding

/// Installs the definitions and manifests of a real installation into the embedded cluster, by server-side apply.
///
/// What would run the operator itself in pods is left out, because its parts run in this process.
struct DevInstallation {
    let access: DevAPIServer.Access
    let crds: String
    let manifests: String
    let logger: Logger

    /// Kinds that describe the operator's own pods.
    private static let leftOut: Set<String> = [
        "Deployment", "Service", "PodDisruptionBudget", "Job", "Kustomization", "NetworkPolicy", "ConfigMap", "Secret",
    ]
    /// What has to be there before what comes after it.
    private static let order = ["Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "Role"]

    func install() async throws {
        let http = HTTPClient(configuration: .init())
        defer { http.shutdown() }
        let api = APIClient(configuration: try Kubeconfig.load(path: access.kubeconfig), http: http, logger: logger)
        var objects: [JSONValue] = []
        for folder in [crds, manifests] {
            for name in try Files.list(folder).sorted() where name.hasSuffix(".yaml") {
                for object in try YAMLParser.documents(Files.readText("\(folder)/\(name)")) where !object.isNull {
                    guard let kind = object["kind"]?.stringValue else { continue }
                    if !Self.leftOut.contains(kind) { objects.append(object) }
                }
            }
        }
        for object in objects.enumerated().sorted(by: { (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset) }).map(\.element) {
            try await apply(object, api)
        }
    }

    private static func rank(_ object: JSONValue) -> Int {
        order.firstIndex(of: object["kind"]?.stringValue ?? "") ?? order.count
    }

    private func apply(_ object: JSONValue, _ api: APIClient) async throws {
        let kind = object["kind"]?.stringValue ?? ""
        let apiVersion = object["apiVersion"]?.stringValue ?? ""
        guard let type = ResourceType.known(apiVersion: apiVersion, kind: kind) else {
            throw UnusableInput("the manifests hold a \(apiVersion) \(kind), which the embedded cluster does not know")
        }
        _ = try await api.apply(object, type: type, fieldManager: "codex-k8s-install", force: true)
    }
}
