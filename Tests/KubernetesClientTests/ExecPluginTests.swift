// SPDX-License-Identifier: MIT
import Cryptography
import HTTPTransport
import JSONCoding
import ServiceRuntime
import SystemCalls
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct ExecPluginTests {
    private static let version = ExecPlugin.Version.v1

    /// Runs a shell script as a plugin; `$dir` is a folder of its own.
    private func run(
        _ script: String, timeout: Duration = .seconds(20), environment: [(name: String, value: String)] = [],
        count: (ExecPlugin.CallStatus, Int32) -> Void = { _, _ in }
    ) async throws -> ExecCredential {
        let directory = try Files.temporaryDirectory(prefix: "exec-plugin")
        defer { try? Files.remove(directory) }
        try Files.writeAtomically("\(directory)/plugin", Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o700)
        let plugin = ExecPlugin(
            version: Self.version, command: "\(directory)/plugin", arguments: ["one", "two words"],
            environment: environment, installHint: "Get it from https://example.com.", timeout: timeout)
        return try await plugin.credential(cluster: nil, count: count)
    }

    private func answer(_ status: String) -> String {
        #"echo '{"kind":"ExecCredential","apiVersion":"\#(Self.version.rawValue)","status":{\#(status)}}'"#
    }

    @Test func `a token comes from the program, with its arguments and environment`() async throws {
        let script = answer(#""token":"'"$1,$2,$MINE,${HOME:+home},$KUBERNETES_EXEC_INFO"'""#)
            .replacing("$KUBERNETES_EXEC_INFO", with: #"$(echo "$KUBERNETES_EXEC_INFO" | tr -d '"{} ')"#)
            .replacing("two words", with: "two")
        await #expect(throws: APIError.self) {
            // A blank in it: no header field can carry that.
            try await run(script, environment: [("MINE", "x")])
        }
        let plain = answer(#""token":"'"$1-$MINE-$(echo "$2" | tr ' ' _)"'""#)
        #expect(try await run(plain, environment: [("MINE", "x")]).token?.reveal() == "one-x-two_words")
    }

    @Test func `the program is told what Kubernetes says it is`() throws {
        var plugin = ExecPlugin(version: .v1beta1, command: "x")
        let cluster: JSONValue = ["server": "https://h"]
        #expect(
            try JSONValue.parse(Array(plugin.info(cluster: cluster).utf8)) == [
                "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1",
                "spec": ["interactive": false],
            ])
        plugin.providesClusterInfo = true
        #expect(
            try JSONValue.parse(Array(plugin.info(cluster: cluster).utf8)).at("spec", "cluster") == cluster)
    }

    @Test func `a program that fails is quoted, shortly and without its secrets`() async throws {
        var counted: [String] = []
        let script = "echo token=hunter2 >&2; seq 1000 >&2; echo 'log in: hunter2!' >&2; echo secret-output; exit 7"
        await #expect {
            try await run(script, environment: [("PASSWORD", "hunter2")]) { counted.append("\($0.rawValue) \($1)") }
        } throws: { error in
            let text = "\(error)"
            return text.contains("failed with exit code 7") && text.contains("log in: ‹redacted›!")
                && !text.contains("hunter2") && !text.contains("secret-output") && text.utf8.count < 700
                && (error as? APIError)?.mayHaveBeenDone == false
        }
        #expect(counted == ["plugin_execution_error 7"])
    }

    @Test func `a program that hangs is ended`() async throws {
        await #expect {
            try await run("sleep 3600", timeout: .milliseconds(200))
        } throws: { "\($0)".contains("was ended: it took longer than 0.2 seconds") }
    }

    @Test func `a program that is missing comes with advice`() async throws {
        for command in ["/no/such/plugin", "no-such-plugin-anywhere"] {
            let plugin = ExecPlugin(version: .v1, command: command, installHint: "Get it from https://example.com.\n")
            var counted: [String] = []
            await #expect {
                try await plugin.credential(cluster: nil) { counted.append("\($0.rawValue) \($1)") }
            } throws: { error in
                "\(error)".contains("\(command) is not there, or cannot be run; Get it from https://example.com.")
            }
            #expect(counted == ["plugin_not_found_error 1"])
        }
    }

    @Test(arguments: [
        ("nonsense", "not JSON"), (#"{"kind":"Pod"}"#, "no ExecCredential"),
        (#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}"#, "another version"),
        (#"{"kind":"ExecCredential","apiVersion":"V"}"#, "no status"),
        (#"{"kind":"ExecCredential","apiVersion":"V","status":{}}"#, "neither a token nor"),
        (#"{"kind":"ExecCredential","apiVersion":"V","status":{"token":""}}"#, "neither a token nor"),
        (#"{"kind":"ExecCredential","apiVersion":"V","status":{"token":7}}"#, "status.token is no text"),
        (#"{"kind":"ExecCredential","apiVersion":"V","status":{"token":"a\r\nb"}}"#, "no header field"),
        (#"{"kind":"ExecCredential","apiVersion":"V","status":{"clientKeyData":"hunter2"}}"#, "only one of"),
        (
            #"{"kind":"ExecCredential","apiVersion":"V","status":{"clientCertificateData":"c","clientKeyData":"hunter2"}}"#,
            "cannot be used"
        ),
        (
            #"{"kind":"ExecCredential","apiVersion":"V","status":{"token":"hunter2","expirationTimestamp":"soon"}}"#,
            "no time"
        ),
    ])
    func `an answer that cannot be used is named, not quoted`(output: String, words: String) {
        let output = output.replacing(#""V""#, with: #""client.authentication.k8s.io/v1""#)
        #expect {
            try ExecCredential(output: Array(output.utf8), version: .v1)
        } throws: { "\($0)".contains(words) && !"\($0)".contains("hunter2") }
    }

    @Test func `a certificate with its key`() throws {
        let authority = try CertificateAuthority.create(commonName: "ca")
        let identity = try authority.issueClient(commonName: "me")
        let output: JSONValue = [
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "status": [
                "clientCertificateData": .string(identity.certificatePEM),
                "clientKeyData": .string(identity.privateKeyPEM), "expirationTimestamp": "2030-01-01T00:00:00Z",
            ],
        ]
        let credential = try ExecCredential(output: output.encoded(), version: .v1)
        #expect(credential.pair?.reveal().certificate == identity.certificatePEM && credential.token == nil)
        #expect(credential.expiration == Timestamp("2030-01-01T00:00:00Z"))
    }

    @Test(arguments: [(3600, 3540, 3600), (60, 48, 60), (300, 240, 300), (5, 4, 5), (0, 4, 5), (-600, 4, 5)])
    func `renewal comes before the end`(life: Int, fresh: Int, valid: Int) throws {
        let now = Timestamp.now.wholeSeconds
        let output: JSONValue = [
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "status": [
                "token": "t", "expirationTimestamp": .string(now.adding(.seconds(life)).description),
            ],
        ]
        let times = try ExecCredential(output: output.encoded(), version: .v1).times(now: now)
        #expect(times.freshFor == .seconds(fresh) && times.validFor == .seconds(valid))
    }
}
