// SPDX-License-Identifier: MIT
import Cryptography

/// The value of `X-Hub-Signature-256` (GitHub: "Validating webhook deliveries").
package enum WebhookSigning {
    /// `sha256=` and the hexadecimal HMAC-SHA-256 of the exact bytes of the body.
    package static func signature(of body: [UInt8], secret: String) -> String {
        "sha256=" + Hex.encode(HMACKey(secret).sign(body))
    }
}
