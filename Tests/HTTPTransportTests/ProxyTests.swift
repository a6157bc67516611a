// SPDX-License-Identifier: MIT
import Cryptography
import HTTPServing
import HTTPTypes
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    private let authority: CertificateAuthority
    private let identity: TLSIdentity

    init() throws {
        authority = try CertificateAuthority.create(commonName: "test authority")
        identity = try authority.issueServer(names: ["api.internal"], addresses: ["127.0.0.1"])
    }

    private static let hello: HTTPServer.Handler = { .text("hello \($0.headers["Host"] ?? "")") }

    @Test(arguments: ["http", "socks5", "socks5h"])
    func aTunnelLeadsToTheServer(scheme: String) async throws {
        let proxy = TunnelServer()
        try await withServer(tls: identity, handler: Self.hello) { url in
            let request = ClientRequest(
                url: url, tls: TLSOptions(caPEM: authority.certificatePEM),
                proxy: .url("\(scheme)://127.0.0.1:\(proxy.port)"))
            let client = HTTPClient()
            for _ in 0..<2 {
                let status1 = try await client.send(request).status
                #expect(status1 == .ok)
            }
            // One tunnel carries both.
            #expect(proxy.targets == [String(url.dropFirst("https://".count))])
        }
    }

    @Test func theProxyResolvesNames() async throws {
        for scheme in ["http", "socks5"] {
            let proxy = TunnelServer { _ in nil }
            let request = ClientRequest(
                url: "https://name.invalid:6443/", proxy: .url("\(scheme)://127.0.0.1:\(proxy.port)"))
            let error = await #expect(throws: HTTPClientError.self) {
                try await HTTPClient().send(request)
            }
            #expect(error?.code == .connectionFailed && error?.mayHaveBeenProcessed == false)
            #expect(proxy.targets == ["name.invalid:6443"])
        }
    }

    @Test func aServerNameGoesThroughATunnel() async throws {
        let named = try authority.issueServer(names: ["api.internal"])
        let proxy = TunnelServer()
        try await withServer(tls: named, handler: Self.hello) { url in
            let request = ClientRequest(
                url: url, tls: TLSOptions(caPEM: authority.certificatePEM, serverName: "api.internal"),
                proxy: .url("http://127.0.0.1:\(proxy.port)"))
            let status2 = try await HTTPClient().send(request).status
            #expect(status2 == .ok)
            #expect(proxy.targets == [String(url.dropFirst("https://".count))])
        }
    }

    @Test func credentialsGoToTheProxyAndIntoNoText() async throws {
        let seen = Shared("")
        let proxy = RawServer { connection in
            seen.value = connection.readRequest()
            connection.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        }
        let request = ClientRequest(
            url: "https://host.invalid/", proxy: .url("http://user:hunter2@127.0.0.1:\(proxy.port)"))
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPClient().send(request) }
        #expect(seen.value.contains("Proxy-Authorization: Basic dXNlcjpodW50ZXIy"))
        #expect(error?.code == .connectionFailed && error?.description.contains("407") == true)
        #expect(error?.description.contains("hunter2") == false && !"\(request)".contains("hunter2"))
    }

    @Test func theProxyOfARequestGoesBeforeTheClients() async throws {
        let proxy = TunnelServer()
        try await withServer(tls: identity, handler: Self.hello) { url in
            let client = HTTPClient(configuration: .init(proxy: .url("http://127.0.0.1:\(proxy.port)")))
            var request = ClientRequest(url: url, tls: TLSOptions(caPEM: authority.certificatePEM))
            request.proxy = HTTPClient.Configuration.Proxy.none
            let status3 = try await client.send(request).status
            #expect(status3 == .ok)
            #expect(proxy.targets == [])
            request.proxy = nil
            let status4 = try await client.send(request).status
            #expect(status4 == .ok)
            #expect(proxy.targets.count == 1)
        }
    }

    @Test func connectionsOfOldOptionsEndInTime() async throws {
        let handler: HTTPServer.Handler = { _ in
            .stream(contentType: "text/plain") { writer in
                try await writer.write(Array("begin".utf8))
                try await Task.sleep(for: .seconds(3600))
            }
        }
        try await withServer(tls: identity, handler: handler) { url in
            let client = HTTPClient()
            let old = TLSOptions(caPEM: authority.certificatePEM)
            var new = old
            new.serverName = "api.internal"
            let before = try await client.stream(ClientRequest(url: url, timeout: nil, tls: old))
            let after = try await client.stream(ClientRequest(url: url, timeout: nil, tls: new))
            client.retireConnections(of: old, after: .milliseconds(10))
            #expect(await HTTPClientError.code { for try await _ in before.body {} } == .connectionLost)
            var chunks = after.body.makeAsyncIterator()
            let first = try await chunks.next()
            #expect(first == Array("begin".utf8))
        }
    }
}
