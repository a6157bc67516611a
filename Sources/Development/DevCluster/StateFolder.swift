// SPDX-License-Identifier: MIT
import Cryptography
import ServiceRuntime
import SystemCalls

/// The files of a cluster that outlive the process: certificate authority, keys, the administrator's token, the port.
struct StateFolder: Sendable {
    private let directory: String
    let authority: CertificateAuthority
    let serverIdentity: TLSIdentity
    let tokenKey: RSAPrivateKey
    let adminToken: Secret<String>

    init(_ directory: String) throws {
        self.directory = directory
        try Files.createDirectory(directory, mode: 0o700)
        let pki = directory + "/pki"
        try Files.createDirectory(pki, mode: 0o700)
        if Files.exists(pki + "/ca.key"), Files.exists(pki + "/ca.crt") {
            authority = try CertificateAuthority(
                certificatePEM: Files.readText(pki + "/ca.crt"), privateKeyPEM: Files.readText(pki + "/ca.key"))
        } else {
            authority = try CertificateAuthority.create(commonName: "codex-k8s-dev")
            try Files.writeAtomically(pki + "/ca.crt", Array(authority.certificatePEM.utf8), mode: 0o644)
            try Files.writeAtomically(pki + "/ca.key", Array(authority.privateKeyPEM().utf8), mode: 0o600)
        }
        // Made anew at each start, so that it never expires while somebody uses the folder.
        serverIdentity = try authority.issueServer(
            names: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
            addresses: ["127.0.0.1", "::1"])
        tokenKey = try Self.made(pki + "/service-accounts.key") { try RSAPrivateKey.generate().pem() }
            .map { try RSAPrivateKey(pem: $0) }.reveal()
        adminToken = try Self.made(directory + "/admin.token") { Base64URL.encode(RandomBytes.generate(32)) }
    }

    private static func made(_ path: String, _ make: () throws -> String) throws -> Secret<String> {
        if Files.exists(path) { return Secret(try Files.readText(path)) }
        let text = try make()
        try Files.writeAtomically(path, Array(text.utf8), mode: 0o600)
        return Secret(text)
    }

    /// The port of the last start, so that kubeconfig files stay true after a restart.
    var lastPort: Int? {
        (try? Files.readText(directory + "/port")).flatMap { Int($0) }
    }

    func remember(port: Int) throws {
        try Files.writeAtomically(directory + "/port", Array(String(port).utf8), mode: 0o644)
    }
}

/// Writes kubeconfig files.
enum KubeconfigFile {
    static func write(
        to path: String, url: String, authorityPEM: String, user: String, token: Secret<String>
    ) throws {
        // JSON is YAML, and needs no quoting rules.
        let text = """
            {
              "apiVersion": "v1",
              "kind": "Config",
              "clusters": [{"name": "codex-k8s-dev", "cluster": {
                "server": "\(url)",
                "certificate-authority-data": "\(Base64Text.encode(authorityPEM))"}}],
              "users": [{"name": "\(user)", "user": {"token": "\(token.reveal())"}}],
              "contexts": [{"name": "codex-k8s-dev", "context": {"cluster": "codex-k8s-dev", "user": "\(user)"}}],
              "current-context": "codex-k8s-dev"
            }

            """
        try Files.writeAtomically(path, Array(text.utf8), mode: 0o600)
    }
}
