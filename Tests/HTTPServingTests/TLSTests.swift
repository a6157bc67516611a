// SPDX-License-Identifier: MIT
import Cryptography
import Foundation
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    @Test func certificateIsVerifiedByTheClient() async throws {
        let authority = try CertificateAuthority.create(commonName: "serving test")
        let identity = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"])
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ca-\(UUID().uuidString).pem")
        try Data(authority.certificatePEM.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await withServer {
            $0.tls = (identity.certificatePEM, identity.privateKeyPEM)
        } handler: { request in
            guard request.path == "/stream" else { return .text("hello\n") }
            return .stream(contentType: "text/plain") { writer in
                for number in 0..<1000 { try await writer.write(Array("line \(number)\n".utf8)) }
            }
        } body: { port, _ in
            let url = "https://127.0.0.1:\(port)/"
            #expect(await curl("--cacert", file.path, url, url).output == "hello\nhello\n")
            #expect(await curl("--cacert", file.path, "--tls-max", "1.2", url).output == "hello\n")
            #expect(await curl("--cacert", file.path, "--tls-max", "1.1", url).code != 0)
            #expect(await curl(url).code == 60, "an unknown authority must not verify")
            let stream = await curl("--cacert", file.path, url + "stream")
            #expect(stream.code == 0 && stream.output.hasSuffix("line 999\n"))
            let plain = try await RawClient(port: port)
            try await plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!(try await plain.receiveAll()).contains("hello"))
        }
    }

    @Test func handshakeHasADeadline() async throws {
        let identity = try CertificateAuthority.create(commonName: "slow").issueServer(names: ["localhost"])
        try await withServer {
            $0.tls = (identity.certificatePEM, identity.privateKeyPEM)
            $0.headerDeadline = .milliseconds(300)
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send([0x16, 0x03])
            #expect(try await client.receive().isEmpty)
        }
    }

    @Test func brokenCertificateIsSaid() async throws {
        var configuration = ServerConfiguration()
        configuration.tls = ("no certificate", "no key")
        let server = HTTPServer(configuration: configuration, logger: .disabled) { _ in .text("") }
        let error = await #expect(throws: HTTPServerError.self) { try await server.run() }
        #expect(error?.code == .startFailed)
    }
}
