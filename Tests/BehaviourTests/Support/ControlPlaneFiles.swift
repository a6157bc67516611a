// SPDX-License-Identifier: MIT
import Cryptography
import FoundationEssentials
import KubernetesClient
import ServiceRuntime
import SystemCalls
import YAMLCoding

/// The keys, certificates and tokens of a control plane for tests, written to its folder.
struct ControlPlaneFiles {
    let configuration: ClusterConfiguration
    /// A kubeconfig file of the administrator.
    let kubeconfig: String

    init(directory: String, port: Int) throws {
        let authority = try CertificateAuthority.create(commonName: "behaviour suite")
        let server = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"])
        let serviceAccounts = try RSAPrivateKey.generate()
        let token = UUID().uuidString
        func write(_ name: String, _ text: String) throws {
            try Files.writeAtomically("\(directory)/\(name)", Array(text.utf8), mode: 0o600)
        }
        try write("ca.crt", authority.certificatePEM)
        try write("server.crt", server.certificatePEM)
        try write("server.key", server.privateKeyPEM)
        try write("sa.key", serviceAccounts.pem())
        try write("sa.pub", serviceAccounts.publicKeyPEM())
        try write("tokens.csv", "\(token),kubernetes-admin,admin,\"system:masters\"\n")
        kubeconfig = "\(directory)/kubeconfig"
        try write(
            "kubeconfig",
            """
            apiVersion: v1
            kind: Config
            current-context: main
            contexts: [{name: main, context: {cluster: main, user: admin}}]
            clusters: [{name: main, cluster: {server: "https://127.0.0.1:\(port)", certificate-authority: ca.crt}}]
            users: [{name: admin, user: {token: \(token)}}]
            """)
        configuration = try Kubeconfig.load(path: kubeconfig)
    }
}
