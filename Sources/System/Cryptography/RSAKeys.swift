// SPDX-License-Identifier: MIT
import CCrypto

/// An RSA private key, as GitHub Apps sign with. Prints nothing of the key.
package struct RSAPrivateKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: KeyPair

    /// A new key; 2048 bits take some 100 ms.
    package static func generate(bits: Int = 2048) throws(CryptographyError) -> RSAPrivateKey {
        RSAPrivateKey(key: KeyPair(try check(ccrypto_rsa_generate(bits), "generate RSA key")))
    }

    /// Reads an unencrypted key: PKCS #1 (`BEGIN RSA PRIVATE KEY`, GitHub's form) or PKCS #8.
    package init(pem: String) throws(CryptographyError) {
        let key = try KeyPair(privatePEM: pem)
        guard key.isRSA else {
            throw CryptographyError(code: .malformedKey, operation: "read private key", detail: "not an RSA key")
        }
        self.key = key
    }

    private init(key: KeyPair) {
        self.key = key
    }

    /// The key as PKCS #8 text: a secret.
    package func pem() throws(CryptographyError) -> String { try key.privatePEM() }

    /// The public half as text.
    package func publicKeyPEM() throws(CryptographyError) -> String { try key.publicPEM() }

    /// The public half.
    package func publicKey() throws(CryptographyError) -> RSAPublicKey { try RSAPublicKey(pem: publicKeyPEM()) }

    /// The signature over the SHA-256 of `message` (RSASSA-PKCS1-v1_5).
    package func signSHA256(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        let context = try check(EVP_MD_CTX_new(), "sign")
        defer { EVP_MD_CTX_free(context) }
        try check(EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.pointer), "sign")
        var count = Int(EVP_PKEY_get_size(key.pointer))
        var signature = [UInt8](repeating: 0, count: count)
        try check(EVP_DigestSign(context, &signature, &count, message, message.count), "sign")
        return Array(signature.prefix(count))
    }

    package var description: String { "‹redacted›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// An RSA public key.
package struct RSAPublicKey: Sendable {
    private let key: KeyPair

    /// Reads `BEGIN PUBLIC KEY` text.
    package init(pem: String) throws(CryptographyError) {
        let key = try KeyPair(publicPEM: pem)
        guard key.isRSA else {
            throw CryptographyError(code: .malformedKey, operation: "read public key", detail: "not an RSA key")
        }
        self.key = key
    }

    /// Whether `signature` is one of this key over the SHA-256 of `message` (RSASSA-PKCS1-v1_5).
    package func verifySHA256(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A wrong signature is an answer, not an error: nothing of it may stay in the thread's queue.
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key.pointer) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
