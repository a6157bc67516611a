// SPDX-License-Identifier: MIT
import CCrypto

/// A key for HMAC-SHA-256 (RFC 2104), as webhooks are signed with. Prints nothing of the key.
package struct HMACKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let keyed: MACContext

    /// A key of any length; an empty one is a key as well, so callers refuse it where none is configured.
    package init(bytes: [UInt8]) {
        keyed = MACContext(key: bytes)
    }

    /// A key made of the text's UTF-8 bytes.
    package init(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    /// The 32 byte code of `bytes`.
    package func sign(_ bytes: [UInt8]) -> [UInt8] {
        let context = MACContext(copying: keyed)
        context.update(bytes)
        return context.finish()
    }

    /// Whether `code` is the code of `bytes`; takes the same time wherever they differ.
    package func verify(_ code: [UInt8], of bytes: [UInt8]) -> Bool {
        constantTimeEquals(sign(bytes), code)
    }

    /// A code over bytes that arrive piece by piece.
    package func incremental() -> Incremental {
        Incremental(MACContext(copying: keyed))
    }

    package var description: String { "‹redacted›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// An HMAC being computed. A copy continues on its own.
    package struct Incremental: Sendable {
        private var context: MACContext

        fileprivate init(_ context: MACContext) {
            self.context = context
        }

        /// Starts a code with `key`.
        package init(key: HMACKey) {
            self = key.incremental()
        }

        /// Adds the next bytes.
        package mutating func update(_ bytes: some Sequence<UInt8>) {
            if !isKnownUniquelyReferenced(&context) { context = MACContext(copying: context) }
            context.update(bytes)
        }

        /// The 32 byte code of everything so far; more may be added afterwards.
        package func finish() -> [UInt8] {
            MACContext(copying: context).finish()
        }
    }
}

/// Whether two byte strings are equal, without telling by its duration where they differ. Their lengths are not hidden.
package func constantTimeEquals(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    guard first.count == second.count else { return false }
    return first.withUnsafeBytes { left in
        second.withUnsafeBytes { right in
            left.count == 0 || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}

/// Owns an HMAC state. Sendable because only the struct around it changes it, and only while it is the single owner.
private final class MACContext: @unchecked Sendable {
    private let context: OpaquePointer

    init(key: [UInt8]) {
        guard let context = ccrypto_hmac_sha256_new(key, key.count) else {
            preconditionFailure("libcrypto could not start an HMAC")
        }
        self.context = context
    }

    init(copying other: MACContext) {
        guard let context = EVP_MAC_CTX_dup(other.context) else {
            preconditionFailure("libcrypto could not copy an HMAC")
        }
        self.context = context
    }

    func update(_ bytes: some Sequence<UInt8>) {
        let done: Int32? = bytes.withContiguousStorageIfAvailable { buffer in
            EVP_MAC_update(context, buffer.baseAddress, buffer.count)
        }
        if done == nil { return update(Array(bytes)) }
        precondition(done == 1, "libcrypto could not continue an HMAC")
    }

    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            var written = 0
            let done = EVP_MAC_final(context, buffer.baseAddress, &written, buffer.count)
            precondition(done == 1 && written == SHA256.byteCount, "libcrypto could not end an HMAC")
            count = written
        }
    }

    deinit { EVP_MAC_CTX_free(context) }
}
