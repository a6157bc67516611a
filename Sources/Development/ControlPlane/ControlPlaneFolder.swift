// SPDX-License-Identifier: MIT
import Cryptography
import ServiceRuntime
import SystemCalls

/// The folder of a control plane: keys, certificates, tokens, kubeconfig files, logs, and etcd's data.
///
/// Keys and tokens are made once for a folder, so that a control plane started on it again knows its users.
struct ControlPlaneFolder: Sendable {
    let path: String
    private let tokens: [String: Secret<String>]

    init(_ path: String, users: [ControlPlane.User], keepsAuditLog: Bool) throws {
        self.path = path
        try Files.createDirectory(path, mode: 0o700)
        if !Files.exists("\(path)/ca.key") { try Self.makeKeys(path) }
        var tokens: [String: Secret<String>] = [:]
        var lines = ""
        for user in [.admin] + users {
            let file = "\(path)/token-\(user.name)"
            if !Files.exists(file) { try Self.write(file, Base64URL.encode(RandomBytes.generate(32))) }
            let token = try Files.readText(file)
            tokens[user.name] = Secret(token)
            lines += "\(token),\(user.name),\(user.name),\"\(user.groups.joined(separator: ","))\"\n"
        }
        self.tokens = tokens
        try Self.write("\(path)/tokens.csv", lines)
        if keepsAuditLog {
            // One entry a request, when it arrives: a watch that lasts is known at once.
            try Self.write(
                "\(path)/audit-policy.yaml",
                """
                apiVersion: audit.k8s.io/v1
                kind: Policy
                omitStages: [ResponseStarted]
                rules: [{level: Metadata}]

                """)
        }
    }

    private static func makeKeys(_ path: String) throws {
        let authority = try CertificateAuthority.create(commonName: "control plane for tests")
        let server = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1", "::1"])
        let serviceAccounts = try RSAPrivateKey.generate()
        try write("\(path)/ca.crt", authority.certificatePEM)
        try write("\(path)/server.crt", server.certificatePEM)
        try write("\(path)/server.key", server.privateKeyPEM)
        try write("\(path)/sa.key", serviceAccounts.pem())
        try write("\(path)/sa.pub", serviceAccounts.publicKeyPEM())
        // Last: it says that the others are there.
        try write("\(path)/ca.key", authority.privateKeyPEM())
    }

    private static func write(_ path: String, _ text: String) throws {
        try Files.writeAtomically(path, Array(text.utf8), mode: 0o600, durable: false)
    }

    /// The token of a user.
    func token(of user: ControlPlane.User) throws(ControlPlaneError) -> Secret<String> {
        guard let token = tokens[user.name] else {
            throw ControlPlaneError(problem: "nobody is called \(user.name); name it in the configuration's users")
        }
        return token
    }

    /// Writes a kubeconfig file and answers its path.
    func writeKubeconfig(_ name: String, server: String, user: ControlPlane.User) throws -> String {
        let file = "\(path)/\(name)"
        try Self.write(
            file,
            """
            apiVersion: v1
            kind: Config
            current-context: main
            contexts: [{name: main, context: {cluster: main, user: main}}]
            clusters: [{name: main, cluster: {server: "\(server)", certificate-authority: ca.crt}}]
            users: [{name: main, user: {token: \(try token(of: user).reveal())}}]

            """)
        return file
    }
}
