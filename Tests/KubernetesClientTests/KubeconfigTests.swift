// SPDX-License-Identifier: MIT
import JSONCoding
import ServiceRuntime
import SystemCalls
import Testing

@testable import KubernetesClient

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

    // openssl base64 breaks lines at 64 characters, and kubectl reads what it wrote.
    @Test func `certificate data in several lines`() throws {
        let configuration = try parse(
            cluster: "server: https://h, certificate-authority-data: \"LS0tLS1C\\nRUdJTg==\\n\"")
        #expect(configuration.certificateAuthorityPEM == "-----BEGIN")
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
        guard case .file("/etc/kube/token", let fallback?)? = configuration.token, fallback.reveal() == "t" else {
            Issue.record("no token file")
            return
        }
        #expect(configuration.impersonation == .init(user: "alice", groups: ["g", "h"]))
    }

    @Test func `user and password, and everything about whom to act for`() throws {
        let configuration = try parse(
            user: "username: u, password: p, as: alice, as-uid: \"7\", as-groups: [g], "
                + "as-user-extra: {scopes: [a, b], \"acme.com/x\": [c]}")
        #expect(configuration.basic?.user == "u" && configuration.basic?.password.reveal() == "p")
        #expect(
            configuration.impersonation
                == .init(
                    user: "alice", groups: ["g"], uid: "7", extra: ["scopes": ["a", "b"], "acme.com/x": ["c"]]))
    }

    @Test(arguments: [
        ("plugin", "plugin"), ("./plugin", "/etc/kube/./plugin"), ("bin/plugin", "/etc/kube/bin/plugin"),
        ("/opt/plugin", "/opt/plugin"),
    ])
    func `an exec plugin's path is relative to its file`(command: String, expected: String) throws {
        let configuration = try parse(
            cluster: "server: https://h, extensions: [{name: other, extension: 1}, "
                + "{name: client.authentication.k8s.io/exec, extension: {audience: x}}]",
            user: "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: \(command), args: [a, b], "
                + "env: [{name: A, value: \"1\"}, {name: B}], provideClusterInfo: true, installHint: get it}")
        let exec = try #require(configuration.exec)
        #expect(exec.command == expected && exec.arguments == ["a", "b"])
        #expect(exec.environment.map { "\($0.name)=\($0.value)" } == ["A=1", "B="])
        #expect(exec.version == .v1beta1 && exec.providesClusterInfo && exec.installHint == "get it")
        #expect(exec.clusterConfiguration == ["audience": "x"])
    }

    @Test(arguments: [
        ("", ["HTTPS_PROXY": "http://p:1"], "http://p:1"), ("", ["https_proxy": "p:1"], "http://p:1"),
        ("", ["HTTP_PROXY": "http://p:1"], nil), ("", [:], nil),
        ("", ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "host"], nil),
        (", proxy-url: socks5://q:2", ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "host"], "socks5://q:2"),
        (", proxy-url: \"\"", ["HTTPS_PROXY": "http://p:1"], "http://p:1"),
    ])
    func `the proxy is the cluster's, else the environment's`(
        more: String, environment: [String: String], expected: String?
    ) throws {
        let text = "{current-context: x, contexts: [{name: x, context: {cluster: c}}], "
            + "clusters: [{name: c, cluster: {server: \"https://host:6443\"\(more)}}]}"
        #expect(try Kubeconfig.parse(text, environment: environment).proxy?.reveal() == expected)
    }

    @Test(arguments: [
        ("https://h", "https h 443"), ("http://h/prefix", "http h 80"), ("https://[fd00::1]:6443", "https fd00::1 6443"),
        ("https://u:p@h:1", "https h 1"), ("h", nil), ("https://", nil), ("https://h:port", nil), ("ftp://h", nil),
    ] as [(String, String?)])
    func `a server's address`(url: String, expected: String?) {
        #expect(ServerAddress(url).map { "\($0.scheme) \($0.host) \($0.port)" } == expected)
    }

    @Test(arguments: [
        ("server: host", "token: t", nil, "no server"),
        ("server: https://h", "exec: {command: x}", nil, "no apiVersion"),
        ("server: https://h", "exec: {apiVersion: client.authentication.k8s.io/v1}", nil, "no command"),
        (
            "server: https://h", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", nil,
            "v1alpha1, which is not spoken any more; use client.authentication.k8s.io/v1 or"
        ),
        (
            "server: https://h", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}", nil,
            "no interactiveMode"
        ),
        (
            "server: https://h",
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", nil,
            "needs a person at a terminal"
        ),
        (
            "server: https://h",
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Now}", nil,
            "unknown interactiveMode Now"
        ),
        (
            "server: https://h",
            "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{value: v}]}", nil,
            "a variable without a name"
        ),
        ("server: https://h", "auth-provider: {name: gcp}", nil, "use the provider's exec plugin (for GKE"),
        ("server: https://h", "token: t, username: u", nil, "both a token and a username"),
        ("server: https://h", "as-groups: [g]", nil, "name the user to act for"),
        ("server: \"https://[::1\"", "token: t", nil, "no server"),
        ("server: \"https://:6443\"", "token: t", nil, "no server"),
        ("server: https://h", "client-certificate: c", nil, "both"),
        ("server: https://h, certificate-authority-data: \"%%%\"", "token: t", nil, "base64"),
        ("server: https://h, insecure-skip-tls-verify: true, certificate-authority: x", "token: t", nil, "keep one"),
        ("server: https://h, proxy-url: ftp://p", "token: t", nil, "http, https or socks5"),
        ("server: https://h", "token: t", "missing", "known: main, other"),
    ])
    func `what cannot be used is named`(cluster: String, user: String, context: String?, words: String) {
        #expect {
            try parse(cluster: cluster, user: user, context: context)
        } throws: { error in
            "\(error)".contains(words) && "\(error)".contains("/etc/kube/config")
        }
    }

    @Test(arguments: ["", "[]", "a: [", "clusters: 3", "clusters: [{cluster: {}}]", "users: [{name: a}, {name: a}]", "\u{0}"])
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
        guard case .file("\(directory)/t", nil)? = configuration.token else {
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
