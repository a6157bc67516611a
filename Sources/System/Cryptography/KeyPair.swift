// SPDX-License-Identifier: MIT
import CCrypto

/// Owns an `EVP_PKEY`. Sendable because the key is never changed after it was made, and libcrypto's reads of it are
/// safe from several threads at once.
final class KeyPair: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    convenience init(privatePEM: String) throws(CryptographyError) {
        let bio = try MemoryBIO(reading: privatePEM)
        // An empty pass phrase instead of none: libcrypto would ask the terminal for one otherwise.
        let key = "".withCString { phrase in
            PEM_read_bio_PrivateKey(bio.pointer, nil, nil, UnsafeMutableRawPointer(mutating: phrase))
        }
        guard let key else { throw .library("read private key", code: .malformedKey) }
        self.init(key)
    }

    convenience init(publicPEM: String) throws(CryptographyError) {
        let bio = try MemoryBIO(reading: publicPEM)
        guard let key = PEM_read_bio_PUBKEY(bio.pointer, nil, nil, nil) else {
            throw .library("read public key", code: .malformedKey)
        }
        self.init(key)
    }

    /// PKCS #8, not encrypted.
    func privatePEM() throws(CryptographyError) -> String {
        let bio = try MemoryBIO()
        try check(PEM_write_bio_PrivateKey(bio.pointer, pointer, nil, nil, 0, nil, nil), "write private key")
        return bio.text
    }

    func publicPEM() throws(CryptographyError) -> String {
        let bio = try MemoryBIO()
        try check(PEM_write_bio_PUBKEY(bio.pointer, pointer), "write public key")
        return bio.text
    }

    var isRSA: Bool { EVP_PKEY_get_base_id(pointer) == EVP_PKEY_RSA }

    deinit { EVP_PKEY_free(pointer) }
}

/// A memory buffer of libcrypto: how it reads and writes text.
final class MemoryBIO {
    let pointer: OpaquePointer

    init() throws(CryptographyError) {
        pointer = try check(BIO_new(BIO_s_mem()), "allocate buffer")
    }

    init(reading text: String) throws(CryptographyError) {
        pointer = try check(BIO_new(BIO_s_mem()), "allocate buffer")
        let bytes = Array(text.utf8)
        guard BIO_write(pointer, bytes, Int32(bytes.count)) == Int32(bytes.count) else {
            throw .library("fill buffer", code: .malformedKey)
        }
    }

    var text: String {
        var start: UnsafeMutablePointer<CChar>?
        let count = ccrypto_bio_memory(pointer, &start)
        guard let start, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    deinit { BIO_free_all(pointer) }
}
