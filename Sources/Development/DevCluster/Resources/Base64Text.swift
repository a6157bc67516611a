// SPDX-License-Identifier: MIT
import Cryptography

/// Base64 of texts, as Secrets hold them.
enum Base64Text {
    static func encode(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static func encode(_ bytes: [UInt8]) -> String { Base64.encode(bytes) }

    static func decode(_ text: String) -> [UInt8]? { Base64.decode(text) }
}
