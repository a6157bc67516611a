// SPDX-License-Identifier: MIT
import CCrypto

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// Bytes in a digest.
    package static let byteCount = 32

    /// The digest of `bytes`.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        oneShot(EVP_sha256(), bytes, byteCount: byteCount)
    }

    /// The digest of the text's UTF-8 bytes.
    package static func digest(_ text: String) -> [UInt8] {
        digest(Array(text.utf8))
    }

    /// The digest of `bytes` in lower-case hexadecimal.
    package static func hexDigest(_ bytes: [UInt8]) -> String {
        Hex.encode(digest(bytes))
    }

    /// A digest over bytes that arrive piece by piece. A copy continues on its own.
    package struct Incremental: Sendable {
        private var context: DigestContext

        /// A digest over nothing yet.
        package init() {
            context = DigestContext()
        }

        /// Adds the next bytes.
        package mutating func update(_ bytes: some Sequence<UInt8>) {
            if !isKnownUniquelyReferenced(&context) { context = DigestContext(copying: context) }
            context.update(bytes)
        }

        /// The digest of everything so far; more may be added afterwards.
        package func finish() -> [UInt8] {
            DigestContext(copying: context).finish()
        }
    }
}

/// Digest of a whole buffer. libcrypto fails here only without memory, which Swift does not survive either.
func oneShot(_ algorithm: OpaquePointer?, _ bytes: [UInt8], byteCount: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        let done = bytes.withUnsafeBytes { input in
            EVP_Digest(input.baseAddress, input.count, buffer.baseAddress, nil, algorithm, nil)
        }
        precondition(done == 1, "libcrypto could not compute a digest")
        count = byteCount
    }
}

/// Owns a digest state. Sendable because only the struct around it changes it, and only while it is the single owner.
private final class DigestContext: @unchecked Sendable {
    private let context: OpaquePointer

    init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto could not start a digest")
        }
        self.context = context
    }

    init(copying other: DigestContext) {
        guard let context = EVP_MD_CTX_new(), EVP_MD_CTX_copy_ex(context, other.context) == 1 else {
            preconditionFailure("libcrypto could not copy a digest")
        }
        self.context = context
    }

    func update(_ bytes: some Sequence<UInt8>) {
        let done: Int32? = bytes.withContiguousStorageIfAvailable { buffer in
            EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
        }
        if done == nil { return update(Array(bytes)) }
        precondition(done == 1, "libcrypto could not continue a digest")
    }

    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            precondition(EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1, "libcrypto could not end a digest")
            count = SHA256.byteCount
        }
    }

    deinit { EVP_MD_CTX_free(context) }
}
