// SPDX-License-Identifier: MIT
import CCrypto

/// A certificate and its key, as PEM. The key is a secret: the description leaves it out.
package struct TLSIdentity: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The certificate.
    package let certificatePEM: String
    /// The key, PKCS #8, not encrypted.
    package let privateKeyPEM: String

    /// Joins a certificate and its key.
    package init(certificatePEM: String, privateKeyPEM: String) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }

    package var description: String { "TLSIdentity(‹redacted›)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A small private certificate authority (X.509, ECDSA P-256) for TLS between processes on one machine and in tests.
package struct CertificateAuthority: Sendable {
    /// The authority's own certificate: what clients are told to trust.
    package let certificatePEM: String
    private let key: KeyPair

    /// A new authority, valid from an hour ago (clocks differ) for `days`.
    package static func create(commonName: String, days: Int = 3650) throws(CryptographyError) -> CertificateAuthority {
        let key = KeyPair(try check(ccrypto_p256_generate(), "generate P-256 key"))
        let certificate = try CertificateBuilder(commonName: commonName, days: days, subjectKey: key)
        try certificate.add(NID_basic_constraints, "critical,CA:TRUE", issuer: certificate)
        try certificate.add(NID_key_usage, "critical,keyCertSign,cRLSign", issuer: certificate)
        try certificate.add(NID_subject_key_identifier, "hash", issuer: certificate)
        try certificate.sign(issuer: certificate, key: key)
        return CertificateAuthority(certificatePEM: try certificate.pem(), key: key)
    }

    /// Takes up an authority that was created before.
    package init(certificatePEM: String, privateKeyPEM: String) throws(CryptographyError) {
        _ = try CertificateBuilder(pem: certificatePEM)
        self.certificatePEM = certificatePEM
        self.key = try KeyPair(privatePEM: privateKeyPEM)
    }

    private init(certificatePEM: String, key: KeyPair) {
        self.certificatePEM = certificatePEM
        self.key = key
    }

    /// The authority's key as PKCS #8 text: a secret.
    package func privateKeyPEM() throws(CryptographyError) -> String { try key.privatePEM() }

    /// A certificate for a server known by `names` (DNS) and `addresses` (IPv4 or IPv6).
    package func issueServer(
        names: [String], addresses: [String] = [], days: Int = 825
    ) throws(CryptographyError) -> TLSIdentity {
        var alternatives: [String] = []
        for name in names { alternatives.append("DNS:" + (try Self.checked(name, extra: "-._*"))) }
        for address in addresses { alternatives.append("IP:" + (try Self.checked(address, extra: ".:"))) }
        guard let commonName = names.first ?? addresses.first else {
            throw CryptographyError(code: .malformedName, operation: "issue certificate", detail: "no name given")
        }
        return try issue(
            commonName: commonName, organization: nil, usage: "serverAuth", days: days,
            alternatives: alternatives.joined(separator: ","))
    }

    /// A certificate by which a client proves a name; an API server reads the common name as user and the
    /// organization as group.
    package func issueClient(
        commonName: String, organization: String? = nil, days: Int = 825
    ) throws(CryptographyError) -> TLSIdentity {
        try issue(
            commonName: commonName, organization: organization, usage: "clientAuth", days: days, alternatives: nil)
    }

    private func issue(
        commonName: String, organization: String?, usage: String, days: Int, alternatives: String?
    ) throws(CryptographyError) -> TLSIdentity {
        let subjectKey = KeyPair(try check(ccrypto_p256_generate(), "generate P-256 key"))
        let issuer = try CertificateBuilder(pem: certificatePEM)
        let certificate = try CertificateBuilder(
            commonName: commonName, organization: organization, days: days, subjectKey: subjectKey)
        try certificate.add(NID_basic_constraints, "critical,CA:FALSE", issuer: issuer)
        try certificate.add(NID_key_usage, "critical,digitalSignature", issuer: issuer)
        try certificate.add(NID_ext_key_usage, usage, issuer: issuer)
        try certificate.add(NID_authority_key_identifier, "keyid", issuer: issuer)
        if let alternatives { try certificate.add(NID_subject_alt_name, alternatives, issuer: issuer) }
        try certificate.sign(issuer: issuer, key: key)
        return TLSIdentity(certificatePEM: try certificate.pem(), privateKeyPEM: try subjectKey.privatePEM())
    }

    /// Refuses what libcrypto's list syntax would read as something else than one name.
    private static func checked(_ name: String, extra: String) throws(CryptographyError) -> String {
        let allowed =
            !name.isEmpty && name.utf8.count <= 253
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || extra.contains($0)) }
        guard allowed else {
            throw CryptographyError(code: .malformedName, operation: "issue certificate", detail: name)
        }
        return name
    }
}
