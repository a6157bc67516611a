// SPDX-License-Identifier: MIT
import ControlPlane
import Cryptography
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls
import Testing

extension FaultCluster {
    /// Makes a service account with rights in the namespace of the test, and a token of ten minutes for it.
    ///
    /// - Parameter rules: of a role of its own.
    func makeAccount(_ name: String, rules: JSONValue) async throws -> String {
        _ = try await admin.objects(.serviceAccount, namespace: namespace).create(
            DynamicObject(.serviceAccount, name: name))
        try await grant(rules, to: name)
        let request: JSONValue = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": ["expirationSeconds": 600],
        ]
        let answer = try await admin.request(
            .post, "/api/v1/namespaces/\(namespace)/serviceaccounts/\(name)/token", body: request)
        return try #require(answer.at("status", "token")?.stringValue)
    }

    /// Makes a role of these rules, and gives it to a service account of the same name.
    func grant(_ rules: JSONValue, to name: String) async throws {
        var role = DynamicObject(.role, name: name)
        role["rules"] = rules
        _ = try await admin.objects(.role, namespace: namespace).create(role)
        var binding = DynamicObject(.roleBinding, name: name)
        binding["roleRef"] = ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .string(name)]
        binding["subjects"] = [["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)]]
        _ = try await admin.objects(.roleBinding, namespace: namespace).create(binding)
    }

    /// Who issues certificates by which the server knows its clients. The embedded server asks for none, so any
    /// authority does there.
    func clientAuthority() throws -> CertificateAuthority {
        guard let real = backend as? RealBackend else {
            return try CertificateAuthority.create(commonName: "clients of a test")
        }
        return try CertificateAuthority(
            certificatePEM: try Files.readText("\(real.plane.directory)/ca.crt"),
            privateKeyPEM: try Files.readText("\(real.plane.directory)/ca.key"))
    }
}
