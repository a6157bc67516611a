// SPDX-License-Identifier: MIT
import KubernetesClient
import ServiceRuntime
import SystemCalls
import Testing

@Suite struct KubeconfigTests {
    private func parse(
        cluster: String = "server: https://host:6443", user: String = "token: t", context: String? = nil,
        extra: String = ""
    ) throws -> ClusterConfiguration {
        try Kubeconfig.parse(
            """
            apiVersion: v1
            kind: Config
            current-context: main
            contexts:
            - name: main
              context: {cluster: c, user: u, namespace: team}
            - name: other
              context: {cluster: d, user: u}
            clusters:
            - name: c
              cluster: {\(cluster)}
            - name: d
              cluster: {server: "https://second"}
            users:
            - name: u
              user: {\(user)}
            \(extra)
            """, path: "/etc/kube/config", context: context)
    }

    @Test func `server, namespace and token`() throws {
        let configuration = try parse()
        #expect(configuration.server == "https://host:6443")
        #expect(configuration.defaultNamespace == "team")
        #expect(configuration.verifiesServer)
        guard case .value(let token)? = configuration.token else {
            Issue.record("no token")
            return
        }
        #expect(token.reveal() == "t")
    }

    @Test func `a context can be chosen`() throws {
        #expect(try parse(context: "other").server == "https://second")
    }

    @Test(arguments: [
        ("server: https://h, insecure-skip-tls-verify: true", false),
        ("server: https://h, insecure-skip-tls-verify: false", true),
        ("server: https://h, insecure-skip-tls-verify: \"true\"", true), ("server: https://h", true),
    ])
    func `the server is verified unless the file says otherwise in so many words`(cluster: String, verifies: Bool)
        throws
    {
        #expect(try parse(cluster: cluster).verifiesServer == verifies)
    }

    @Test func `certificates as data and as files`() throws {
        // "-----BEGIN" in base64.
        let data = "LS0tLS1CRUdJTg=="
        let asData = try parse(
            cluster: "server: https://h, certificate-authority-data: \(data), tls-server-name: name",
            user: "client-certificate-data: \(data), client-key-data: \(data)")
        #expect(asData.certificateAuthorityPEM == "-----BEGIN")
        #expect(asData.serverName == "name")
        guard case .pem("-----BEGIN")? = asData.clientCertificate?.certificate else {
            Issue.record("no certificate")
            return
        }
        let asFiles = try parse(
            cluster: "server: https://h, certificate-authority: ca.crt",
            user: "client-certificate: /abs/c.crt, client-key: k.key")
        #expect(asFiles.certificateAuthorityFile == "/etc/kube/ca.crt")
        guard case .file("/abs/c.crt")? = asFiles.clientCertificate?.certificate,
            case .file("/etc/kube/k.key")? = asFiles.clientCertificate?.key.reveal()
        else {
            Issue.record("other paths")
            return
        }
    }

    @Test func `a token file wins over a token, and impersonation is read`() throws {
        let configuration = try parse(user: "token: t, tokenFile: token, as: alice, as-groups: [g, h]")
        guard case .file("/etc/kube/token")? = configuration.token else {
            Issue.record("no token file")
            return
        }
        #expect(configuration.impersonation == .init(user: "alice", groups: ["g", "h"]))
    }

    @Test(arguments: [
        ("server: host", "token: t", nil, "no server"),
        ("server: https://h", "exec: {command: x}", nil, "exec"),
        ("server: https://h", "client-certificate: c", nil, "both"),
        ("server: https://h, certificate-authority-data: \"%%%\"", "token: t", nil, "base64"),
        ("server: https://h, insecure-skip-tls-verify: true, certificate-authority: x", "token: t", nil, "keep one"),
        ("server: https://h, proxy-url: http://p", "token: t", nil, "proxy-url"),
        ("server: https://h", "token: t", "missing", "known: main, other"),
    ])
    func `what cannot be used is named`(cluster: String, user: String, context: String?, words: String) {
        #expect {
            try parse(cluster: cluster, user: user, context: context)
        } throws: { error in
            "\(error)".contains(words) && "\(error)".contains("/etc/kube/config")
        }
    }

    @Test(arguments: ["", "[]", "a: [", "clusters: 3", "clusters: [{cluster: {}}]", "\u{0}"])
    func `what is no kubeconfig is refused`(text: String) {
        #expect(throws: ConfigurationError.self) { try Kubeconfig.parse(text) }
    }

    @Test func `of several files the first to name an entry counts`() throws {
        let directory = try Files.temporaryDirectory(prefix: "kubeconfig")
        defer { try? Files.remove(directory) }
        try Files.writeAtomically(
            "\(directory)/a", Array("current-context: x\nclusters: [{name: c, cluster: {server: 'https://a'}}]".utf8),
            mode: 0o600)
        try Files.writeAtomically(
            "\(directory)/b",
            Array(
                """
                current-context: y
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: 'https://b'}}]
                users: [{name: u, user: {tokenFile: t}}]
                """.utf8), mode: 0o600)
        let environment = ["KUBECONFIG": "\(directory)/a:\(directory)/missing:\(directory)/b"]
        let configuration = try Kubeconfig.loadDefault(environment: environment)
        #expect(configuration.server == "https://a")
        guard case .file("\(directory)/t")? = configuration.token else {
            Issue.record("the token's path is not beside its file")
            return
        }
        #expect(throws: ConfigurationError.self) { try Kubeconfig.loadDefault(environment: ["HOME": directory]) }
    }

    @Test func `in a pod`() throws {
        let directory = try Files.temporaryDirectory(prefix: "serviceaccount")
        defer { try? Files.remove(directory) }
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        #expect(throws: ConfigurationError.self) {
            try InClusterConfiguration.load(environment: environment, directory: directory)
        }
        for (name, text) in ["token": "t", "ca.crt": "c", "namespace": "codex"] {
            try Files.writeAtomically("\(directory)/\(name)", Array(text.utf8), mode: 0o600)
        }
        let configuration = try InClusterConfiguration.load(environment: environment, directory: directory)
        #expect(configuration.server == "https://[fd00::1]:443")
        #expect(configuration.defaultNamespace == "codex")
        #expect(configuration.certificateAuthorityFile == "\(directory)/ca.crt")
        #expect(throws: ConfigurationError.self) {
            try InClusterConfiguration.load(environment: [:], directory: directory)
        }
    }
}
