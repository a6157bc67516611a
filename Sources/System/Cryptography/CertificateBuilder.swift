// SPDX-License-Identifier: MIT
import CCrypto

/// One X.509 certificate being filled in or read.
final class CertificateBuilder {
    private let pointer: OpaquePointer

    init(
        commonName: String, organization: String? = nil, days: Int, subjectKey: KeyPair
    ) throws(CryptographyError) {
        pointer = try check(X509_new(), "allocate certificate")
        // Version 3 counts from zero.
        try check(X509_set_version(pointer, 2), "set version")
        try setSerialNumber()
        _ = try check(X509_gmtime_adj(X509_getm_notBefore(pointer), -3600), "set start")
        _ = try check(X509_gmtime_adj(X509_getm_notAfter(pointer), days * 86_400), "set end")
        try check(X509_set_pubkey(pointer, subjectKey.pointer), "set key")
        try addToSubject("CN", commonName)
        if let organization { try addToSubject("O", organization) }
    }

    init(pem: String) throws(CryptographyError) {
        let bio = try MemoryBIO(reading: pem)
        guard let certificate = PEM_read_bio_X509(bio.pointer, nil, nil, nil) else {
            throw .library("read certificate", code: .malformedKey)
        }
        pointer = certificate
    }

    func add(_ extensionID: Int32, _ value: String, issuer: CertificateBuilder) throws(CryptographyError) {
        guard ccrypto_add_extension(pointer, issuer.pointer, extensionID, value) == 1 else {
            throw .library("add certificate extension", code: .malformedName)
        }
    }

    func sign(issuer: CertificateBuilder, key: KeyPair) throws(CryptographyError) {
        try check(X509_set_issuer_name(pointer, X509_get_subject_name(issuer.pointer)), "set issuer")
        // The answer is the signature's size.
        guard X509_sign(pointer, key.pointer, EVP_sha256()) > 0 else { throw .library("sign certificate") }
    }

    func pem() throws(CryptographyError) -> String {
        let bio = try MemoryBIO()
        try check(PEM_write_bio_X509(bio.pointer, pointer), "write certificate")
        return bio.text
    }

    /// Random, because two authorities of one name must not issue equal (issuer, serial) pairs.
    private func setSerialNumber() throws(CryptographyError) {
        var bytes = RandomBytes.generate(16)
        bytes[0] = bytes[0] & 0x7F | 0x01
        let number = try check(BN_bin2bn(bytes, Int32(bytes.count), nil), "make serial number")
        defer { BN_free(number) }
        _ = try check(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)), "set serial number")
    }

    private func addToSubject(_ field: String, _ value: String) throws(CryptographyError) {
        let added = X509_NAME_add_entry_by_txt(
            X509_get_subject_name(pointer), field, MBSTRING_UTF8, Array(value.utf8), Int32(value.utf8.count), -1, 0)
        guard added == 1 else { throw .library("set subject", code: .malformedName) }
    }

    deinit { X509_free(pointer) }
}
