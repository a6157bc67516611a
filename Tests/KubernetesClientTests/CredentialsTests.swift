// SPDX-License-Identifier: MIT
import Cryptography
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import KubernetesClient

/// Files in memory and a clock that stands still until it is moved.
private final class Surroundings: Sendable {
    private let state = Mutex((files: [String: String](), time: ContinuousClock.now, retired: [TLSOptions]()))
    let metrics = MetricsRegistry()

    var retired: [TLSOptions] { state.withLock { $0.retired } }

    func write(_ path: String, _ text: String?) { state.withLock { $0.files[path] = text } }
    func pass(_ duration: Duration) { state.withLock { $0.time += duration } }

    func credentials(_ configuration: ClusterConfiguration) -> Credentials {
        Credentials(
            configuration, metrics: metrics, logger: .disabled,
            read: { path in
                struct Missing: Error {}
                guard let text = self.state.withLock({ $0.files[path] }) else { throw Missing() }
                return Array(text.utf8)
            }, now: { self.state.withLock { $0.time } },
            retire: { old, delay in
                #expect(delay < .seconds(300))
                self.state.withLock { $0.retired.append(old) }
            })
    }
}

@Suite struct CredentialsTests {
    private let surroundings = Surroundings()
    private let server = "https://host:6443"

    private func authorization(_ credentials: Credentials) async throws -> String? {
        try await credentials.current().headers["Authorization"]
    }

    /// Somebody else's request: of ours it has the way to the server, and nothing that says who we are.
    @Test func `a bearer's configuration has nothing of our identity`() async throws {
        let ours = ClusterConfiguration(
            server: server, certificateAuthorityPEM: "ca", certificateAuthorityFile: "/ca", verifiesServer: false,
            serverName: "name", proxy: Secret("http://proxy"), token: .file("/token", fallback: Secret("ours")),
            basic: .init(user: "us", password: Secret("ours")),
            clientCertificate: .init(certificate: .pem("ours"), key: Secret(.pem("ours"))),
            impersonation: .init(user: "boss"), defaultNamespace: "place")
        let theirs = ours.bearing(Secret("theirs"))
        #expect(theirs.server == server && theirs.certificateAuthorityPEM == "ca" && theirs.serverName == "name")
        #expect(theirs.certificateAuthorityFile == "/ca" && !theirs.verifiesServer && theirs.defaultNamespace == "place")
        #expect(theirs.proxy?.reveal() == "http://proxy")
        #expect(theirs.basic == nil && theirs.clientCertificate == nil && theirs.exec == nil && theirs.impersonation == nil)
        var sent = theirs
        sent.certificateAuthorityFile = nil
        let headers = try await surroundings.credentials(sent).current().headers
        #expect(headers.map { "\($0.name): \($0.value)" } == ["Authorization: Bearer theirs"])
        #expect(ours.withoutIdentity.token == nil)
    }

    @Test func `a token is read again each minute`() async throws {
        surroundings.write("/token", "one\n")
        let credentials = surroundings.credentials(ClusterConfiguration(server: server, token: .file("/token")))
        #expect(try await authorization(credentials) == "Bearer one")
        surroundings.write("/token", "two\n")
        surroundings.pass(.seconds(59))
        #expect(try await authorization(credentials) == "Bearer one")
        surroundings.pass(.seconds(1))
        #expect(try await authorization(credentials) == "Bearer two")
    }

    @Test(arguments: [nil, "", " \n"] as [String?])
    func `an empty or missing token file keeps the last token`(content: String?) async throws {
        surroundings.write("/token", "one")
        let credentials = surroundings.credentials(ClusterConfiguration(server: server, token: .file("/token")))
        _ = try await credentials.current()
        surroundings.write("/token", content)
        for _ in 0..<90 {
            surroundings.pass(.seconds(1))
            #expect(try await authorization(credentials) == "Bearer one")
        }
        surroundings.write("/token", "two")
        surroundings.pass(.seconds(30))
        #expect(try await authorization(credentials) == "Bearer two")
    }

    @Test func `a token beside its file serves until the file can be read`() async throws {
        let credentials = surroundings.credentials(
            ClusterConfiguration(server: server, token: .file("/token", fallback: Secret("given"))))
        #expect(try await authorization(credentials) == "Bearer given")
        surroundings.write("/token", "read")
        surroundings.pass(.seconds(1))
        #expect(try await authorization(credentials) == "Bearer read")
    }

    @Test func `a token file that was never there is an error that says which`() async throws {
        let credentials = surroundings.credentials(ClusterConfiguration(server: server, token: .file("/token")))
        await #expect { try await credentials.current() } throws: { error in
            (error as? APIError)?.mayHaveBeenDone == false && "\(error)".contains("cannot use the token from /token")
        }
    }

    @Test func `authorities are taken when they can be read, each of them`() async throws {
        let old = try CertificateAuthority.create(commonName: "old").certificatePEM
        let new = try CertificateAuthority.create(commonName: "new").certificatePEM
        surroundings.write("/ca", old)
        let credentials = surroundings.credentials(
            ClusterConfiguration(server: server, certificateAuthorityFile: "/ca"))
        #expect(try await credentials.current().tls?.caPEM == old)
        let cutOff = old + new.prefix(new.utf8.count / 2)
        var lines = new.split(separator: "\n")
        lines.remove(at: 2)
        let damaged = old + lines.joined(separator: "\n")
        for broken in [cutOff, damaged, "nonsense", "", nil] {
            surroundings.write("/ca", broken)
            surroundings.pass(.seconds(60))
            #expect(try await credentials.current().tls?.caPEM == old)
        }
        #expect(surroundings.retired == [])
        surroundings.write("/ca", old + new)
        surroundings.pass(.seconds(60))
        #expect(try await credentials.current().tls?.caPEM == old + new)
        // What was connected with the old ones is to end.
        #expect(surroundings.retired.map(\.caPEM) == [old])
        surroundings.pass(.seconds(60))
        _ = try await credentials.current()
        let text = surroundings.metrics.render()
        for (labels, count) in [
            (#"reason="ca_parse_error",result="failure""#, 3), (#"reason="empty",result="failure""#, 1),
            (#"reason="read_error",result="failure""#, 1), (#"reason="updated",result="success""#, 1),
            (#"reason="unchanged",result="success""#, 1),
        ] {
            #expect(text.contains("rest_client_transport_ca_reload_total{\(labels)} \(count)"))
        }
    }

    @Test func `certificate and key are of one rotation`() async throws {
        let authority = try CertificateAuthority.create(commonName: "ca")
        let (one, two) = (try authority.issueClient(commonName: "one"), try authority.issueClient(commonName: "two"))
        surroundings.write("/crt", one.certificatePEM)
        surroundings.write("/key", one.privateKeyPEM)
        let credentials = surroundings.credentials(
            ClusterConfiguration(
                server: server, clientCertificate: .init(certificate: .file("/crt"), key: Secret(.file("/key")))))
        #expect(try await credentials.current().tls?.clientCertificatePEM == one.certificatePEM)
        // Half of the rotation is done.
        surroundings.write("/crt", two.certificatePEM)
        surroundings.pass(.seconds(60))
        let between = try await credentials.current().tls
        #expect(between?.clientCertificatePEM == one.certificatePEM && between?.clientKeyPEM == one.privateKeyPEM)
        #expect(surroundings.retired == [])
        surroundings.write("/key", two.privateKeyPEM)
        surroundings.pass(.seconds(1))
        let after = try await credentials.current().tls
        #expect(after?.clientCertificatePEM == two.certificatePEM && after?.clientKeyPEM == two.privateKeyPEM)
        #expect(surroundings.retired.map(\.clientCertificatePEM) == [one.certificatePEM])
    }

    @Test func `a pair that is none is refused before anything is sent`() async throws {
        let authority = try CertificateAuthority.create(commonName: "ca")
        let (one, two) = (try authority.issueClient(commonName: "one"), try authority.issueClient(commonName: "two"))
        for key in [two.privateKeyPEM, "nonsense"] {
            let credentials = surroundings.credentials(
                ClusterConfiguration(
                    server: server, clientCertificate: .init(certificate: .pem(one.certificatePEM), key: Secret(.pem(key)))))
            await #expect { try await credentials.current() } throws: { error in
                "\(error)".contains("cannot use the client certificate from the kubeconfig")
                    && !"\(error)".contains("PRIVATE")
            }
        }
    }

    @Test func `a refusal looks at once, and says whether there is something new`() async throws {
        surroundings.write("/token", "one")
        let credentials = surroundings.credentials(ClusterConfiguration(server: server, token: .file("/token")))
        let identity = try await credentials.current()
        #expect(try await credentials.renew(identity, after: .untrusted) == false)
        #expect(try await credentials.renew(identity, after: .unauthorized) == false)
        surroundings.write("/token", "two")
        // Within a second of the last look nothing is read: a crowd of refusals is one.
        #expect(try await credentials.renew(identity, after: .unauthorized) == false)
        surroundings.pass(.seconds(1))
        #expect(try await credentials.renew(identity, after: .unauthorized))
        #expect(try await authorization(credentials) == "Bearer two")
    }

    @Test func `impersonation and basic authentication are header fields`() async throws {
        let credentials = surroundings.credentials(
            ClusterConfiguration(
                server: server, basic: .init(user: "u", password: Secret("p:w")),
                impersonation: .init(
                    user: "alice", groups: ["g", "h"], uid: "7", extra: ["Scopes": ["a", "b"], "acme.com/x%": ["c"]])))
        let headers = try await credentials.current().headers
        #expect(headers["Authorization"] == "Basic dTpwOnc=")
        #expect(headers["Impersonate-User"] == "alice" && headers["Impersonate-Uid"] == "7")
        #expect(headers.values(for: "Impersonate-Group") == ["g", "h"])
        #expect(headers.values(for: "Impersonate-Extra-Scopes") == ["a", "b"])
        #expect(headers["Impersonate-Extra-acme.com%2Fx%25"] == "c")
    }
}
