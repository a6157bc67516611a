// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import HTTPServing
import HTTPTypes
import SystemCalls
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private let authority: CertificateAuthority
    private let identity: TLSIdentity

    init() throws {
        authority = try CertificateAuthority.create(commonName: "test authority")
        identity = try authority.issueServer(names: ["api.internal"], addresses: ["127.0.0.1"])
    }

    private static let hello: HTTPServer.Handler = { .text("hello \($0.headers["Host"] ?? "")") }

    @Test func aServerOfAnUnknownAuthorityIsNotTrusted() async throws {
        let stranger = try CertificateAuthority.create(commonName: "stranger")
        try await withServer(tls: identity, handler: Self.hello) { url in
            for tls in [nil, TLSOptions(), TLSOptions(caPEM: stranger.certificatePEM)] {
                let error = await #expect(throws: HTTPClientError.self) {
                    try await HTTPClient().send(ClientRequest(url: url, tls: tls))
                }
                #expect(error?.code == .tls && error?.isRetryable == false && error?.mayHaveBeenProcessed == false)
                #expect(error?.description.contains("certificate") == true)
            }
        }
    }

    @Test func theGivenAuthorityIsTrusted() async throws {
        try await withTemporaryDirectory { directory in
            let file = "\(directory)/ca.pem"
            try Files.writeAtomically(file, Array(authority.certificatePEM.utf8), mode: 0o600)
            try await withServer(tls: identity, handler: Self.hello) { url in
                for tls in [
                    TLSOptions(caPEM: authority.certificatePEM), TLSOptions(caFile: file), TLSOptions(verify: false),
                ] {
                    let response = try await HTTPClient().send(ClientRequest(url: url, tls: tls))
                    #expect(response.status == .ok)
                }
            }
        }
    }

    @Test func connectionsAreNotSharedBetweenDifferentTrust() async throws {
        let stranger = try CertificateAuthority.create(commonName: "stranger")
        try await withServer(tls: identity, handler: Self.hello) { url in
            let client = HTTPClient()
            _ = try await client.send(ClientRequest(url: url, tls: TLSOptions(caPEM: authority.certificatePEM)))
            let distrusting = ClientRequest(url: url, tls: TLSOptions(caPEM: stranger.certificatePEM))
            #expect(await HTTPClientError.code { try await client.send(distrusting) } == .tls)
        }
    }

    @Test func theNameInTheCertificateMustBeTheOneAskedFor() async throws {
        let named = try authority.issueServer(names: ["api.internal"])
        try await withServer(tls: named, handler: Self.hello) { url in
            let wrong = ClientRequest(url: url, tls: TLSOptions(caPEM: authority.certificatePEM))
            #expect(await HTTPClientError.code { try await HTTPClient().send(wrong) } == .tls)
            let right = ClientRequest(
                url: "\(url)/x", tls: TLSOptions(caPEM: authority.certificatePEM, serverName: "api.internal"))
            let response = try await HTTPClient().send(right)
            #expect("hello " + url.dropFirst("https://".count) == String(decoding: response.body, as: UTF8.self))
        }
    }

    @Test func aClientCertificateIsShown() async throws {
        try await withTemporaryDirectory { directory in
            for (name, pem) in [
                ("ca", authority.certificatePEM), ("server", identity.certificatePEM), ("key", identity.privateKeyPEM),
            ] {
                try Files.writeAtomically("\(directory)/\(name)", Array(pem.utf8), mode: 0o600)
            }
            // Debian's openssl is there with the certificates that every HTTPS client needs.
            let server = try await ChildProcess.spawn(
                .init(
                    executable: "/usr/bin/openssl",
                    arguments: [
                        "s_server", "-accept", "127.0.0.1:0", "-www", "-Verify", "1", "-verify_return_error",
                        "-CAfile", "\(directory)/ca", "-cert", "\(directory)/server", "-key", "\(directory)/key",
                    ], output: .stream))
            defer { server.signal(.kill) }
            var port: Substring?
            for try await line in server.output.lines where line.hasPrefix("ACCEPT") {
                port = line.split(separator: ":").last
                break
            }
            let url = "https://127.0.0.1:\(try #require(port))/"
            let client = try authority.issueClient(commonName: "robot")
            var tls = TLSOptions(caPEM: authority.certificatePEM)
            #expect(
                await HTTPClientError.code { try await HTTPClient().send(ClientRequest(url: url, tls: tls)) } != nil)
            tls.clientCertificatePEM = client.certificatePEM
            tls.clientKeyPEM = client.privateKeyPEM
            let response = try await HTTPClient().send(ClientRequest(url: url, tls: tls))
            let page = String(decoding: response.body, as: UTF8.self)
            #expect(page.contains("CN=robot") || page.contains("CN = robot"))
        }
    }

    @Test func aBrokenKeyIsAnError() async throws {
        try await withServer(tls: identity, handler: Self.hello) { url in
            let tls = TLSOptions(
                caPEM: authority.certificatePEM, clientCertificatePEM: identity.certificatePEM, clientKeyPEM: "nonsense"
            )
            #expect(
                await HTTPClientError.code { try await HTTPClient().send(ClientRequest(url: url, tls: tls)) } == .tls)
        }
    }

    @Test func textNeverShowsKeysOrHeaders() {
        let request = ClientRequest(
            url: "https://user:hunter2@host/p?q=hunter2#hunter2", headers: ["Authorization": "Bearer hunter2"],
            body: Array("hunter2".utf8), tls: TLSOptions(clientCertificatePEM: "c", clientKeyPEM: "hunter2"))
        var dumped = ""
        dump(request, to: &dumped)
        dump(request.tls, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped, "\(request.tls as Any)"] {
            #expect(!text.contains("hunter2") && !text.isEmpty)
        }
        #expect("\(request)" == "GET https://host/p")
    }
}

/// A folder that is removed after `body`.
func withTemporaryDirectory<T>(_ body: (String) async throws -> T) async throws -> T {
    let directory = try Files.temporaryDirectory(prefix: "http-transport")
    defer { try? Files.remove(directory) }
    return try await body(directory)
}
