// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
import ServiceRuntime

/// What an exec plugin answers: a token, a certificate with its key, or both.
struct ExecCredential: Sendable {
    var token: Secret<String>?
    var pair: Secret<CredentialFiles.Pair>?
    /// When the server stops accepting it; nil when the program does not say.
    var expiration: Timestamp?

    /// What is wrong with an answer; never a part of it, which may be secret.
    struct Problem: Error, Equatable, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// Reads the program's standard output.
    init(output: [UInt8], version: ExecPlugin.Version) throws(Problem) {
        let answer: JSONValue
        do {
            answer = try JSONValue.parse(output)
        } catch {
            throw Problem("its output is not JSON; run it by hand to see what it says")
        }
        guard answer["kind"] == "ExecCredential" else { throw Problem("its output is no ExecCredential") }
        guard answer["apiVersion"] == .string(version.rawValue) else {
            throw Problem("the kubeconfig asks for \(version.rawValue), and it answers another version")
        }
        guard let status = answer["status"], status.objectValue != nil else { throw Problem("its output has no status") }
        func text(_ name: String) throws(Problem) -> String? {
            guard let value = status[name], !value.isNull else { return nil }
            guard let text = value.stringValue else { throw Problem("its status.\(name) is no text") }
            return text.isEmpty ? nil : text
        }
        token = try text("token").map { Secret($0) }
        switch (try text("clientCertificateData"), try text("clientKeyData")) {
        case (nil, nil):
            guard token != nil else { throw Problem("its output has neither a token nor a certificate with its key") }
        case (let certificate?, let key?):
            do {
                try CertificateText.check(certificate, key: key)
            } catch {
                throw Problem("its certificate and key cannot be used: \(error)")
            }
            pair = Secret(CredentialFiles.Pair(certificate: certificate, key: key))
        default: throw Problem("its output has only one of clientCertificateData and clientKeyData")
        }
        if let time = try text("expirationTimestamp") {
            guard let expiration = Timestamp(time) else { throw Problem("its expirationTimestamp is no time") }
            self.expiration = expiration
        }
        if let token, token.reveal().utf8.contains(where: { $0 < 0x21 || $0 > 0x7E }) {
            throw Problem("its token has characters that no header field may have")
        }
    }

    /// For how long it is used without a thought, and at most.
    ///
    /// Renewal begins a minute before the end, or a fifth of the life of what lives shortly. What has expired when it
    /// comes is tried for a moment all the same: the server's clock decides.
    func times(now: Timestamp) -> (freshFor: Duration, validFor: Duration?) {
        guard let expiration else { return (.seconds(Int64(Int32.max)), nil) }
        let life = max(expiration.since(now), .seconds(5))
        return (life - min(.seconds(60), life / 5), life)
    }
}
