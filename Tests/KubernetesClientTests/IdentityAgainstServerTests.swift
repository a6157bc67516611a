// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import KubernetesClient

/// Whole kubeconfigs, plugins and all, against a server that serves HTTPS; and kubectl with the same files.
@Suite(.timeLimit(.minutes(2))) struct IdentityAgainstServerTests {
    /// A folder with a kubeconfig and what belongs to it, and a server that knows some tokens.
    private struct Scene: Sendable {
        let folder: String
        let server: ScriptedServer
        let tokens: TokenList

        var kubeconfig: String { "\(folder)/config" }

        /// Writes a kubeconfig whose user is given in flow style.
        func write(user: String, cluster: String = "") throws {
            let text = """
                apiVersion: v1
                kind: Config
                current-context: main
                contexts: [{name: main, context: {cluster: c, user: u, namespace: team}}]
                clusters:
                - name: c
                  cluster: {server: "\(server.url)", certificate-authority: ca.crt\(cluster)}
                users: [{name: u, user: {\(user)}}]
                """
            try Files.writeAtomically(kubeconfig, Array(text.utf8), mode: 0o600)
        }

        func writePlugin(_ script: String) throws {
            try Files.writeAtomically("\(folder)/plugin", Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o700)
        }

        func client(_ http: HTTPClient, metrics: MetricsRegistry = MetricsRegistry()) throws -> APIClient {
            APIClient(
                configuration: try Kubeconfig.load(path: kubeconfig, environment: [:]), http: http, metrics: metrics)
        }

        /// What kubectl 1.32 or later does with the same file; nil where there is none.
        func kubectl(_ arguments: String...) async throws -> ChildProcess.Result? {
            guard let kubectl = try? ExecutableSearch.find("kubectl", path: ExecutableSearch.defaultPath) else {
                return nil
            }
            return try await ChildProcess.run(
                .init(
                    executable: kubectl, arguments: arguments,
                    environment: ["KUBECONFIG": kubeconfig, "HOME": folder, "PATH": ExecutableSearch.defaultPath]),
                timeout: .seconds(40))
        }
    }

    /// The tokens that the server takes.
    private final class TokenList: Sendable {
        private let tokens = Mutex<Set<String>>(["good"])

        func set(_ tokens: Set<String>) { self.tokens.withLock { $0 = tokens } }

        func allows(_ request: ServerRequest) -> Bool {
            guard let field = request.headers["Authorization"] else { return false }
            return tokens.withLock { $0.contains(String(field.dropFirst("Bearer ".count))) || field.hasPrefix("Basic") }
        }
    }

    private func withScene(_ body: @Sendable (Scene) async throws -> Void) async throws {
        let folder = try Files.temporaryDirectory(prefix: "identity")
        defer { try? Files.remove(folder) }
        let authority = try CertificateAuthority.create(commonName: "test authority")
        let identity = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"])
        try Files.writeAtomically("\(folder)/ca.crt", Array(authority.certificatePEM.utf8), mode: 0o600)
        let tokens = TokenList()
        let handler: ScriptedServer.Handler = { request in
            guard tokens.allows(request) else { return .failure(401, "Unauthorized") }
            return .json(["kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "a", "namespace": "team"]])
        }
        try await ScriptedServer.run(tls: (identity.certificatePEM, identity.privateKeyPEM), handler) { server in
            try await body(Scene(folder: folder, server: server, tokens: tokens))
        }
    }

    private static func exec(_ more: String = "") -> String {
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never\(more)}"
    }

    /// Says the token in the file `token`, counts its calls in the file `calls`, and keeps what it was told.
    private static let plugin = """
        cd "$(dirname "$0")"; echo x >> calls; echo "$KUBERNETES_EXEC_INFO" > info
        echo "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"$(cat token)\\"$EXPIRY}}"
        """

    private func calls(_ scene: Scene) throws -> Int {
        try Files.readText("\(scene.folder)/calls").split(separator: "\n").count
    }

    @Test func `a plugin is run once for a crowd, and again when its token is refused`() async throws {
        try await withScene { scene in
            try scene.write(user: Self.exec())
            try scene.writePlugin(Self.plugin)
            try Files.writeAtomically("\(scene.folder)/token", Array("good".utf8), mode: 0o600)
            let http = HTTPClient()
            let metrics = MetricsRegistry()
            let maps = try scene.client(http, metrics: metrics).resource(ConfigMap.self, namespace: "team")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try await maps.get("a") } }
                try await group.waitForAll()
            }
            let once = try calls(scene)
            #expect(once == 1)
            // Rotated: the old token is refused from now on.
            try Files.writeAtomically("\(scene.folder)/token", Array("better".utf8), mode: 0o600)
            scene.tokens.set(["better"])
            for _ in 0..<5 { _ = try await maps.get("a") }
            let twice = try calls(scene)
            #expect(twice == 2)
            let refused = scene.server.requests.count { $0.headers["Authorization"] == "Bearer good" } - 50
            #expect(refused == 1)
            let text = metrics.render()
            #expect(text.contains(#"rest_client_exec_plugin_call_total{call_status="no_error",code="0"} 2"#))
            #expect(text.contains(#"code="401""#))
        }
    }

    @Test func `a token that ends is renewed without a refusal`() async throws {
        try await withScene { scene in
            try scene.write(user: Self.exec(", env: [{name: EXPIRY, value: ',\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"'}]"))
            try scene.writePlugin(Self.plugin)
            try Files.writeAtomically("\(scene.folder)/token", Array("good".utf8), mode: 0o600)
            let configuration = try Kubeconfig.load(path: scene.kubeconfig, environment: [:])
            let time = Mutex(ContinuousClock.now)
            let credentials = Credentials(
                configuration, metrics: MetricsRegistry(), logger: .disabled, now: { time.withLock { $0 } })
            _ = try await credentials.current()
            _ = try await credentials.current()
            let once = try calls(scene)
            #expect(once == 1)
            // Past the five seconds that an expired one is tried for.
            time.withLock { $0 += .seconds(6) }
            _ = try await credentials.current()
            let twice = try calls(scene)
            #expect(twice == 2)
        }
    }

    @Test func `a plugin that fails is the error of the request`() async throws {
        try await withScene { scene in
            try scene.write(user: Self.exec())
            try scene.writePlugin("echo 'please log in' >&2; exit 3")
            let http = HTTPClient()
            let maps = try scene.client(http).resource(ConfigMap.self, namespace: "team")
            await #expect { try await maps.get("a") } throws: { error in
                "\(error)".hasPrefix("get configmaps: the kubeconfig's exec plugin")
                    && "\(error)".contains("failed with exit code 3: please log in")
            }
            #expect(scene.server.requests.isEmpty)
        }
    }

    @Test func `a crowd that is refused looks at the token's file once`() async throws {
        try await withScene { scene in
            try scene.write(user: "tokenFile: token")
            try Files.writeAtomically("\(scene.folder)/token", Array("good".utf8), mode: 0o600)
            let http = HTTPClient()
            let maps = try scene.client(http).resource(ConfigMap.self, namespace: "team")
            _ = try await maps.get("a")
            try Files.writeAtomically("\(scene.folder)/token", Array("better".utf8), mode: 0o600)
            scene.tokens.set(["better"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<30 { group.addTask { _ = try await maps.get("a") } }
                try await group.waitForAll()
            }
            let before = scene.server.requests.count
            for _ in 0..<30 { _ = try await maps.get("a") }
            // Only what was under way had the old token.
            let late = scene.server.requests[before...].count { $0.headers["Authorization"] != "Bearer better" }
            #expect(late == 0)
        }
    }

    @Test func `a new authority is read when the old one is not enough`() async throws {
        try await withScene { scene in
            try scene.write(user: "token: good")
            let good = try Files.readBytes("\(scene.folder)/ca.crt")
            let stranger = try CertificateAuthority.create(commonName: "stranger").certificatePEM
            try Files.writeAtomically("\(scene.folder)/ca.crt", Array(stranger.utf8), mode: 0o600)
            let http = HTTPClient()
            let maps = try scene.client(http).resource(ConfigMap.self, namespace: "team")
            await #expect { try await maps.get("a") } throws: { ($0 as? APIError)?.cause == .tls }
            try Files.writeAtomically("\(scene.folder)/ca.crt", Array(stranger.utf8) + good, mode: 0o600)
            // At most one look a second, so the first try may come too early.
            let deadline = ContinuousClock.now + .seconds(20)
            var found: ConfigMap?
            while found == nil, ContinuousClock.now < deadline {
                found = try? await maps.get("a")
            }
            #expect(found?.metadata.name == "a")
        }
    }

    // MARK: Beside kubectl

    private static let hasKubectl = (try? ExecutableSearch.find("kubectl", path: ExecutableSearch.defaultPath)) != nil

    @Test(.enabled(if: hasKubectl), arguments: [
        "token: good", "tokenFile: token", "token: bad, tokenFile: token",
        "username: u, password: \"p:w\"", "token: good, as: alice, as-groups: [g, h]",
        "token: good, as: alice, as-uid: \"7\", as-user-extra: {Scopes: [a, b], \"acme.com/x%\": [c]}",
        exec(), exec(", provideClusterInfo: true, args: [a, b]"),
    ])
    func `what is sent is what kubectl sends`(user: String) async throws {
        try await withScene { scene in
            try scene.write(
                user: user,
                cluster: ", tls-server-name: localhost, extensions: [{name: client.authentication.k8s.io/exec, "
                    + "extension: {audience: me}}]")
            try scene.writePlugin(Self.plugin)
            try Files.writeAtomically("\(scene.folder)/token", Array("good".utf8), mode: 0o600)
            let http = HTTPClient()
            _ = try await scene.client(http).resource(ConfigMap.self, namespace: "team").get("a")
            let told = try? Files.readBytes("\(scene.folder)/info")
            let theirs = try #require(
                await scene.kubectl("get", "--raw", "/api/v1/namespaces/team/configmaps/a"))
            #expect(theirs.exitCode == 0, "\(theirs.errorText)")
            // kubectl may ask for the server's version besides.
            let requests = scene.server.requests.filter { $0.rawTarget.hasSuffix("/configmaps/a") }
            #expect(requests.count == 2, "\(scene.server.requestLines)")
            func identity(_ request: ServerRequest) -> [String] {
                request.headers.filter { $0.name == "Authorization" || $0.name.hasPrefix("Impersonate-") }
                    .map { "\($0.name.lowercased()): \($0.value)" }.sorted()
            }
            #expect(identity(requests[0]) == identity(requests[requests.count - 1]))
            #expect(!identity(requests[0]).isEmpty)
            if let told {
                let ours = try JSONValue.parse(told)
                let kubectls = try JSONValue.parse(Files.readBytes("\(scene.folder)/info"))
                #expect(ours == kubectls)
            }
        }
    }

    @Test(.enabled(if: hasKubectl)) func `merged files are read as kubectl reads them`() async throws {
        try await withScene { scene in
            let folder = scene.folder
            for name in ["one", "two"] {
                try Files.createDirectory("\(folder)/\(name)")
                try Files.writeAtomically("\(folder)/\(name)/ca.crt", Array("ca of \(name)".utf8), mode: 0o600)
            }
            for (name, text) in [
                (
                    "one/config",
                    "{current-context: b, clusters: [{name: c, cluster: {server: 'https://one:1', "
                        + "certificate-authority: ca.crt, tls-server-name: name}}], users: [{name: u, user: {tokenFile: t}}]}"
                ),
                (
                    "two/config",
                    "{current-context: a, contexts: [{name: a, context: {cluster: c}}, "
                        + "{name: b, context: {cluster: d, user: u, namespace: team}}], clusters: [{name: c, cluster: "
                        + "{server: 'https://two:2'}}, {name: d, cluster: {server: 'https://three:3/prefix/', "
                        + "proxy-url: 'socks5://p:1', certificate-authority: ca.crt}}], users: [{name: u, user: {token: x}}]}"
                ),
            ] { try Files.writeAtomically("\(folder)/\(name)", Array(text.utf8), mode: 0o600) }
            let list = "\(folder)/one/config:\(folder)/missing:\(folder)/two/config:"
            for context in ["a", "b"] {
                let ours = try Kubeconfig.loadDefault(environment: ["KUBECONFIG": list], context: context)
                let result = try await ChildProcess.run(
                    .init(
                        executable: "kubectl",
                        arguments: ["config", "view", "--raw", "--minify", "--flatten", "-o", "json", "--context", context],
                        environment: ["KUBECONFIG": list, "HOME": folder, "PATH": ExecutableSearch.defaultPath]),
                    timeout: .seconds(40))
                #expect(result.exitCode == 0, "\(result.errorText)")
                let view = try JSONValue.parse(result.stdout)
                let cluster = view["clusters"]?.arrayValue?.first?["cluster"]
                let user = view["users"]?.arrayValue?.first?["user"]
                let server = cluster?["server"]?.stringValue ?? ""
                #expect(ours.server == (server.hasSuffix("/") ? String(server.dropLast()) : server))
                let authority = try Files.readBytes(ours.certificateAuthorityFile ?? "")
                #expect(Base64.encode(authority) == cluster?["certificate-authority-data"]?.stringValue)
                #expect(ours.serverName == cluster?["tls-server-name"]?.stringValue)
                #expect(ours.proxy?.reveal() == cluster?["proxy-url"]?.stringValue)
                let space = view["contexts"]?.arrayValue?.first?["context"]?["namespace"]?.stringValue
                #expect(ours.defaultNamespace == space)
                switch ours.token {
                case nil: #expect(user == nil)
                case .file(let path, _):
                    #expect(path == "\(folder)/one/t" && user?["tokenFile"] == "t")
                case .value: Issue.record("the second file's user was taken")
                }
            }
        }
    }
}
