// SPDX-License-Identifier: MIT
package import Cryptography

/// The signature of a delivery: HMAC-SHA-256 of the raw body in `X-Hub-Signature-256` (GitHub, "Validating webhook
/// deliveries").
package struct WebhookSignature: Sendable, Hashable {
    /// The field that carries it.
    package static let fieldName = "X-Hub-Signature-256"

    private let code: [UInt8]

    /// Reads `sha256=` and 64 hexadecimal digits; nil for anything else.
    package init?(_ field: String) {
        let prefix = "sha256="
        guard field.utf8.count == prefix.utf8.count + 2 * SHA256.byteCount, field.hasPrefix(prefix),
            let code = Hex.decode(field.dropFirst(prefix.count))
        else { return nil }
        self.code = code
    }

    /// Whether this is the code that was computed over the body; takes the same time wherever they differ.
    package func matches(_ computed: [UInt8]) -> Bool {
        constantTimeEquals(code, computed)
    }

    /// Whether the body was signed with `key`.
    package func matches(_ body: [UInt8], key: HMACKey) -> Bool {
        matches(key.sign(body))
    }
}
