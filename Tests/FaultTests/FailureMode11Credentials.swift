// SPDX-License-Identifier: MIT
import Cryptography
import FaultProxy
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import ServiceRuntime
import SystemCalls
import Testing

@testable import ControllerRuntime
@testable import KubernetesClient

extension FailureMode {
    /// Tokens and certificates that change while they are in use.
    @Suite struct FailureMode11Credentials {
        /// What the accounts of the tests may do.
        private static let reading: JSONValue = [
            ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]]
        ]

        /// Puts a token where kubelets put it: a link to a link, of which the inner one is replaced in one step.
        private func publish(_ token: String, version: Int, in folder: String) throws {
            try Files.createDirectory("\(folder)/v\(version)")
            try Files.writeAtomically("\(folder)/v\(version)/token", Array(token.utf8), durable: false)
            try Files.linkSymbolically("\(folder)/..data.new", to: "v\(version)")
            try Files.rename("\(folder)/..data.new", to: "\(folder)/..data")
            if version == 1 { try Files.linkSymbolically("\(folder)/token", to: "..data/token") }
        }

        @Test func `a token that is replaced and revoked fails no request`() async throws {
            try await FaultCluster.run { cluster in
                let folder = try Files.temporaryDirectory(prefix: "token")
                defer { try? Files.remove(folder) }
                try await cluster.create("a")
                try publish(try await cluster.makeAccount("first", rules: Self.reading), version: 1, in: folder)
                let metrics = MetricsRegistry()
                var configuration = try Kubeconfig.load(path: cluster.backend.kubeconfig)
                configuration.token = .file("\(folder)/token")
                let http = HTTPClient(configuration: .init(userAgent: "\(cluster.namespace)/rotating"))
                defer { http.shutdown() }
                let client = APIClient(configuration: configuration, http: http, metrics: metrics)
                let maps = client.resource(ConfigMap.self, namespace: cluster.namespace)
                // The rights may take a moment.
                try await cluster.eventually("the first token works") { (try? await maps.get("a")) != nil }
                let informer = Informer(client, ConfigMap.self, namespace: cluster.namespace)
                let running = Task { try await informer.run() }
                try await informer.waitUntilSynced()

                let second = try await cluster.makeAccount("second", rules: Self.reading)
                let check = APIClient(
                    configuration: ClusterConfiguration(
                        server: configuration.server, certificateAuthorityPEM: configuration.certificateAuthorityPEM,
                        certificateAuthorityFile: configuration.certificateAuthorityFile,
                        token: .value(Secret(second))),
                    http: http)
                try await cluster.eventually("the second token works") {
                    (try? await check.resource(ConfigMap.self, namespace: cluster.namespace).get("a")) != nil
                }
                let before = metrics.total("rest_client_requests_total", "code=\"401\"")
                try publish(second, version: 2, in: folder)
                try await cluster.admin.delete(
                    .serviceAccount, ObjectKey(namespace: cluster.namespace, name: "first"))
                // A real server takes what it took a moment ago for ten more seconds.
                let end = ContinuousClock.now + .seconds(cluster.isReal ? 14 : 2)
                while ContinuousClock.now < end {
                    _ = try await maps.get("a")
                    try await Task.sleep(for: .milliseconds(20))
                }
                let after = metrics.total("rest_client_requests_total", "code=\"401\"")
                #expect(after - before == 1, "one refusal told it to look")
                try await cluster.update("a", "after")
                try await cluster.eventually("the cache follows on") {
                    informer.store.get(ObjectKey(namespace: cluster.namespace, name: "a"))?.data["value"] == "after"
                }
                running.cancel()
                try await running.value
            }
        }

        // A scripted server: it is asked which tokens it saw.
        @Test func `a token file that is empty or gone keeps the last token`() async throws {
            let folder = try Files.temporaryDirectory(prefix: "token")
            defer { try? Files.remove(folder) }
            try Files.writeAtomically("\(folder)/token", Array("first".utf8))
            let seen = Collector<String>()
            try await ScriptedServer.run { request in
                let token = request.headers["Authorization"] ?? "none"
                seen.append(token)
                return token.hasSuffix("third") || seen.values.count <= 1
                    ? .json(configMapValue("a", version: 1)) : .failure(401, "Unauthorized")
            } _: { server in
                let maps = server.client(token: .file("\(folder)/token")).objects(.configMap, namespace: "n")
                _ = try await maps.get("a")
                // Each refusal makes it look, and what it finds is no token.
                try Files.writeAtomically("\(folder)/token", [])
                _ = try? await maps.get("a")
                try Files.remove("\(folder)/token")
                _ = try? await maps.get("a")
                #expect(Set(seen.values) == ["Bearer first"])
                try Files.writeAtomically("\(folder)/token", Array("third\n".utf8))
                // It is looked at again a moment after it was found unchanged.
                let deadline = ContinuousClock.now + .seconds(20)
                while (try? await maps.get("a")) == nil, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(seen.values.last == "Bearer third")
            }
        }

        @Test func `a client certificate that is replaced is used from then on, and ends what goes on with the old`() async throws {
            try await FaultCluster.run { cluster in
                let folder = try Files.temporaryDirectory(prefix: "pair")
                defer { try? Files.remove(folder) }
                let authority = try cluster.clientAuthority()
                // The key first: for a moment the two do not belong together, and are not taken.
                func publish(_ name: String) throws {
                    let identity = try authority.issueClient(commonName: name, organization: "system:masters")
                    for (file, text) in [("key", identity.privateKeyPEM), ("crt", identity.certificatePEM)] {
                        try Files.writeAtomically("\(folder)/\(file)", Array(text.utf8), mode: 0o600, durable: false)
                    }
                }
                try publish("first")
                try await cluster.create("a")
                var configuration = try Kubeconfig.load(path: cluster.backend.kubeconfig)
                configuration.server = "https://127.0.0.1:\(cluster.proxy.port)"
                // On a real server the certificate alone says who it is.
                if cluster.isReal { configuration.token = nil }
                configuration.clientCertificate = .init(
                    certificate: .file("\(folder)/crt"), key: Secret(.file("\(folder)/key")))
                // A minute of the files is a second, and the four of old connections are two.
                let began = ContinuousClock.now
                let client = APIClient(
                    configuration: configuration, http: cluster.connections("rotating"),
                    now: { began + (ContinuousClock.now - began) * 60 }, retirement: .seconds(2))
                let maps = client.resource(ConfigMap.self, namespace: cluster.namespace)
                let informer = Informer(client, ConfigMap.self, namespace: cluster.namespace)
                let running = Task { try await informer.run() }
                try await informer.waitUntilSynced()
                _ = try await maps.get("a")
                let connections = await cluster.proxy.statistics().accepted

                try publish("second")
                let replaced = ContinuousClock.now
                try await cluster.eventually("requests come by new connections, as somebody else") {
                    _ = try await maps.get("a")
                    let isNew = await cluster.proxy.statistics().accepted > connections
                    guard cluster.isReal else { return isNew }
                    return try isNew && cluster.requests(of: "rotating").last { $0.verb == "get" }?.user == "second"
                }
                try await cluster.eventually("the watch goes on by a new connection") {
                    try cluster.requests(of: "rotating").contains { $0.isResume }
                }
                // A second for the files, two for the connections, and a pause before the next try: three on an idle
                // machine, which are five minutes in production.
                #expect(ContinuousClock.now - replaced < .seconds(10))
                try await cluster.update("a", "after")
                try await cluster.eventually("the cache follows on") {
                    informer.store.get(ObjectKey(namespace: cluster.namespace, name: "a"))?.data["value"] == "after"
                }
                let requests = try cluster.requests(of: "rotating")
                #expect(requests.filter(\.isWhole).count == 1, "nothing is listed anew: \(requests.map(\.target))")
                if cluster.isReal {
                    #expect(requests.filter(\.isWhole).map(\.user) == ["first"])
                    #expect(requests.filter(\.isResume).allSatisfy { $0.user == "second" })
                }
                running.cancel()
                try await running.value
                #expect(CredentialFiles.lifetime + Credentials.retirement <= .seconds(300))
            }
        }

        /// A server with a certificate of its own authority.
        private func withServer(
            _ authority: CertificateAuthority, _ body: (Int) async throws -> Void
        ) async throws {
            let identity = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"])
            var configuration = ServerConfiguration()
            configuration.tls = (identity.certificatePEM, identity.privateKeyPEM)
            configuration.drainPeriod = .milliseconds(100)
            let server = HTTPServer(configuration: configuration, logger: .disabled) { _ in
                .json(configMapValue("a", version: 1))
            }
            let serving = Task { try await server.run() }
            var failure: (any Error)?
            do {
                try await body(try await server.waitUntilListening())
            } catch {
                failure = error
            }
            serving.cancel()
            _ = try? await serving.value
            if let failure { throw failure }
        }

        // Servers of the test's own: authorities of a cluster are not replaced in seconds.
        @Test func `a new authority is trusted once the file has it, and a broken file takes none away`() async throws {
            let folder = try Files.temporaryDirectory(prefix: "authorities")
            defer { try? Files.remove(folder) }
            let file = "\(folder)/ca.crt"
            let authorities = try (1...3).map { try CertificateAuthority.create(commonName: "authority \($0)") }
            func publish(_ text: String) throws { try Files.writeAtomically(file, Array(text.utf8), durable: false) }
            try publish(authorities[0].certificatePEM)
            try await withServer(authorities[0]) { first in
                try await withServer(authorities[1]) { second in
                    try await withServer(authorities[2]) { third in
                        let proxy = try FaultProxy(target: first)
                        let proxying = Task { try await proxy.run() }
                        func move(to port: Int) async {
                            await proxy.redirect(to: port)
                            await proxy.cut(.close)
                        }
                        let http = HTTPClient()
                        let maps = APIClient(
                            configuration: ClusterConfiguration(
                                server: "https://127.0.0.1:\(proxy.port)", certificateAuthorityFile: file),
                            http: http, retryPolicy: .never
                        ).objects(.configMap, namespace: "n")
                        _ = try await maps.get("a")
                        try publish(authorities[0].certificatePEM + authorities[1].certificatePEM)
                        await move(to: second)
                        try await self.retrying { _ = try await maps.get("a") }

                        // Something that is no certificate, at a time when it has to look.
                        try publish("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
                        await move(to: third)
                        await #expect(throws: APIError.self) { try await maps.get("a") }
                        for port in [first, second] {
                            await move(to: port)
                            try await self.retrying { _ = try await maps.get("a") }
                        }
                        http.shutdown()
                        proxying.cancel()
                        try await proxying.value
                    }
                }
            }
        }

        /// A connection that was cut may be noticed by the request that wanted to use it.
        private func retrying(_ body: () async throws -> Void) async throws {
            do {
                try await body()
            } catch {
                try await body()
            }
        }

        // A scripted server: it takes the tokens that the program of the test makes.
        @Test func `a program for credentials runs once for many requests, and again when refused`() async throws {
            let folder = try Files.temporaryDirectory(prefix: "exec")
            defer { try? Files.remove(folder) }
            // Each run makes another token; the file `mode` says how it behaves.
            let script = """
                #!/bin/sh
                cd "$(dirname "$0")"
                echo run >> runs
                case "$(cat mode)" in
                fail) echo "nobody is logged in" >&2; exit 3 ;;
                esac
                n=$(wc -l < runs | tr -d ' ')
                printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
                printf '{"token":"token-%s","expirationTimestamp":"%s"}}' "$n" "$(cat expiry)"
                """
            @Sendable func set(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
                try Files.writeAtomically("\(folder)/\(name)", Array(text.utf8), mode: mode, durable: false)
            }
            @Sendable func runs() -> Int {
                ((try? Files.readText("\(folder)/runs")) ?? "").split(separator: "\n").count
            }
            try set("login", script, mode: 0o755)
            try set("mode", "work")
            try set("expiry", Timestamp.now.adding(.seconds(3600)).wholeSeconds.description)
            let accepted = Collector<String>()
            try await ScriptedServer.run { request in
                let token = request.headers["Authorization"] ?? "none"
                return accepted.values.contains(token)
                    ? .json(configMapValue("a", version: 1)) : .failure(401, "Unauthorized")
            } _: { server in
                try set(
                    "kubeconfig",
                    """
                    apiVersion: v1
                    kind: Config
                    current-context: main
                    contexts: [{name: main, context: {cluster: main, user: main}}]
                    clusters: [{name: main, cluster: {server: "\(server.url)"}}]
                    users:
                    - name: main
                      user:
                        exec:
                          apiVersion: client.authentication.k8s.io/v1
                          command: \(folder)/login
                          interactiveMode: Never
                    """)
                let http = HTTPClient()
                let maps = APIClient(
                    configuration: try Kubeconfig.load(path: "\(folder)/kubeconfig"), http: http, retryPolicy: .never
                ).objects(.configMap, namespace: "n")
                // The first token is refused, so it runs once more, and the request goes through.
                accepted.append("Bearer token-2")
                for _ in 0..<3 { _ = try await maps.get("a") }
                #expect(runs() == 2, "one run serves many requests")
                http.shutdown()

                // A program that fails is an error that says so, not a request without credentials.
                try set("mode", "fail")
                let other = HTTPClient()
                let failing = APIClient(
                    configuration: try Kubeconfig.load(path: "\(folder)/kubeconfig"), http: other,
                    retryPolicy: .never
                ).objects(.configMap, namespace: "n")
                let before = server.requests.count
                let error = await #expect(throws: APIError.self) { try await failing.get("a") }
                #expect(error?.message.contains("login") == true, "\(String(describing: error))")
                #expect(server.requests.count == before)
                other.shutdown()
            }
        }

        // A scripted server: it tells what it was asked with.
        @Test func `a program for credentials that hangs is ended, and the next one is asked`() async throws {
            let folder = try Files.temporaryDirectory(prefix: "exec")
            defer { try? Files.remove(folder) }
            let script = """
                #!/bin/sh
                cd "$(dirname "$0")"
                if [ -e hangs ]; then echo $$ > pid; exec sleep 600; fi
                printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
                printf '{"token":"made"}}'
                """
            try Files.writeAtomically("\(folder)/login", Array(script.utf8), mode: 0o755, durable: false)
            try Files.writeAtomically("\(folder)/hangs", [], durable: false)
            try await ScriptedServer.run { _ in
                .json(configMapValue("a", version: 1))
            } _: { server in
                let http = HTTPClient()
                let maps = APIClient(
                    configuration: ClusterConfiguration(
                        server: server.url,
                        exec: ExecPlugin(version: .v1, command: "\(folder)/login", timeout: .milliseconds(500))),
                    http: http, retryPolicy: .never
                ).objects(.configMap, namespace: "n")
                let start = ContinuousClock.now
                // All who wait for it share one run, and its end.
                await withTaskGroup(of: APIError?.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            do throws(APIError) {
                                _ = try await maps.get("a")
                                return nil
                            } catch {
                                return error
                            }
                        }
                    }
                    for await error in group {
                        #expect(error?.message.contains("took longer than") == true, "\(String(describing: error))")
                    }
                }
                #expect(ContinuousClock.now - start < .seconds(10))
                #expect(server.requests.isEmpty, "nothing is sent without credentials")
                let pid = try Files.readText("\(folder)/pid").filter(\.isNumber)
                #expect(!Files.exists("/proc/\(pid)"), "the program is gone")

                try Files.remove("\(folder)/hangs")
                // It is asked again a moment after it failed.
                #expect(await eventually { (try? await maps.get("a")) != nil })
                #expect(server.requests.last?.headers["Authorization"] == "Bearer made")
                http.shutdown()
            }
        }
    }
}
