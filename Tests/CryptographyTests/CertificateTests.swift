// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import Foundation
import Testing

/// Judged by the `openssl` command, which reads certificates without our code.
@Suite(.timeLimit(.minutes(1))) struct CertificateTests {
    @Test func serverCertificateVerifiesForItsNamesAndAddresses() async throws {
        let authority = try CertificateAuthority.create(commonName: "codex-k8s test")
        let identity = try authority.issueServer(names: ["localhost", "*.shop.test"], addresses: ["127.0.0.1", "::1"])
        let verify = ["verify", "-CAfile", "ca.pem", "-purpose", "sslserver"]
        let files = ["ca.pem": authority.certificatePEM, "leaf.pem": identity.certificatePEM]
        for accepted in [
            ["-verify_hostname", "localhost"], ["-verify_hostname", "a.shop.test"], ["-verify_ip", "127.0.0.1"],
            ["-verify_ip", "::1"],
        ] {
            let (code, output) = try await openssl(verify + accepted + ["leaf.pem"], files: files)
            #expect(code == 0, "\(accepted): \(output)")
        }
        for refused in [["-verify_hostname", "example.com"], ["-verify_ip", "127.0.0.2"]] {
            #expect(try await openssl(verify + refused + ["leaf.pem"], files: files).code != 0, "\(refused)")
        }
        let asClient = ["verify", "-CAfile", "ca.pem", "-purpose", "sslclient", "leaf.pem"]
        #expect(try await openssl(asClient, files: files).code != 0)
    }

    @Test func authorityCanBeTakenUpAgain() async throws {
        let first = try CertificateAuthority.create(commonName: "again")
        let second = try CertificateAuthority(
            certificatePEM: first.certificatePEM, privateKeyPEM: first.privateKeyPEM())
        let client = try second.issueClient(commonName: "system:admin", organization: "system:masters")
        let files = ["ca.pem": first.certificatePEM, "leaf.pem": client.certificatePEM]
        let verified = try await openssl(["verify", "-CAfile", "ca.pem", "-purpose", "sslclient", "leaf.pem"], files: files)
        #expect(verified.code == 0, "\(verified.output)")
        let subject = try await openssl(["x509", "-in", "leaf.pem", "-noout", "-subject"], files: files)
        #expect(subject.output.contains("CN = system:admin, O = system:masters"), "\(subject.output)")
    }

    @Test func strangerDoesNotVerify() async throws {
        let authority = try CertificateAuthority.create(commonName: "one")
        let identity = try CertificateAuthority.create(commonName: "one").issueServer(names: ["localhost"])
        let files = ["ca.pem": authority.certificatePEM, "leaf.pem": identity.certificatePEM]
        #expect(try await openssl(["verify", "-CAfile", "ca.pem", "leaf.pem"], files: files).code != 0)
    }

    @Test(arguments: ["", "a,DNS:evil.test", "a b", "a\n", "ä.test"])
    func namesThatWouldBeReadAsSomethingElseAreRefused(name: String) throws {
        let authority = try CertificateAuthority.create(commonName: "names")
        let error = #expect(throws: CryptographyError.self) { try authority.issueServer(names: [name]) }
        #expect(error?.code == .malformedName)
        #expect(throws: CryptographyError.self) {
            try authority.issueServer(names: ["localhost"], addresses: ["localhost"])
        }
        #expect(throws: CryptographyError.self) { try authority.issueServer(names: []) }
    }

    @Test func identityDoesNotPrintItsKey() throws {
        let identity = try CertificateAuthority.create(commonName: "quiet").issueServer(names: ["localhost"])
        var dumped = ""
        dump(identity, to: &dumped)
        #expect(!"\(identity)\(dumped)".contains("PRIVATE"))
    }

    private func openssl(_ arguments: [String], files: [String: String]) async throws -> (code: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(uuidVersion4())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        let result = try await ChildProcess.run(
            ChildProcess.Configuration(
                executable: "/usr/bin/openssl", arguments: arguments, workingDirectory: folder.path, errors: .output),
            timeout: .seconds(40))
        return (result.exitCode, String(decoding: result.stdout, as: UTF8.self))
    }
}
