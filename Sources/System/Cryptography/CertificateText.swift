// SPDX-License-Identifier: MIT
import CCrypto

/// Looks whether texts in PEM are whole and belong together, before a TLS library is given them: that one would notice
/// only with the next connection, when what was there before is gone.
package enum CertificateText {
    /// Reads every certificate in a text; answers how many there are.
    ///
    /// - Throws: ``CryptographyError`` when there is none, or when one of them is damaged or cut off.
    @discardableResult
    package static func check(_ pem: String) throws(CryptographyError) -> Int {
        let announced = pem.split(separator: "\n").count { $0.hasPrefix("-----BEGIN CERTIFICATE-----") }
        guard announced > 0 else {
            throw CryptographyError(code: .malformedKey, operation: "read certificates", detail: "there is none")
        }
        let bio = try MemoryBIO(reading: pem)
        var count = 0
        while let certificate = PEM_read_bio_X509(bio.pointer, nil, nil, nil) {
            X509_free(certificate)
            count += 1
        }
        // The reader ends at the first one that it cannot read, as it does at the end.
        let reason = CryptographyError.library("read certificates", code: .malformedKey)
        guard count == announced else { throw reason }
        return count
    }

    /// Reads a certificate chain and a private key, and compares the first certificate's public key with the private
    /// one.
    ///
    /// - Throws: ``CryptographyError`` when one cannot be read (a key with a pass phrase cannot), or they are no pair.
    package static func check(_ pem: String, key: String) throws(CryptographyError) {
        try check(pem)
        let bio = try MemoryBIO(reading: pem)
        guard let certificate = PEM_read_bio_X509(bio.pointer, nil, nil, nil) else {
            throw .library("read certificate", code: .malformedKey)
        }
        defer { X509_free(certificate) }
        let pair = try KeyPair(privatePEM: key)
        let isMatch = withExtendedLifetime(pair) { X509_check_private_key(certificate, pair.pointer) == 1 }
        guard isMatch else { throw .library("match certificate and key", code: .malformedKey) }
    }
}
