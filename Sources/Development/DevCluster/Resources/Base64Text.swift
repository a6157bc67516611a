// SPDX-License-Identifier: MIT
import Cryptography

/// Base64 of texts, as Secrets hold them.
enum Base64Text {
    static func encode(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static func decode(_ text: String) -> [UInt8]? { Base64.decode(text) }
}
