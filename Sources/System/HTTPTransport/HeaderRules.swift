// SPDX-License-Identifier: MIT

/// What may stand in a header field (RFC 9110 §5.1 and §5.5).
enum HeaderRules {
    /// A bit for each of the 128 characters of ASCII: whether a token may have it.
    private static let tokenCharacters: (low: UInt64, high: UInt64) = {
        var bits: (low: UInt64, high: UInt64) = (0, 0)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for byte in (letters + letters.lowercased() + "0123456789" + "!#$%&'*+-.^_`|~").utf8 {
            if byte < 64 { bits.low |= 1 << UInt64(byte) } else { bits.high |= 1 << UInt64(byte - 64) }
        }
        return bits
    }()

    /// A token: letters, digits and a few signs, at least one.
    static func isName(_ name: String) -> Bool {
        let (low, high) = tokenCharacters
        return !name.isEmpty
            && name.utf8.allSatisfy { byte in
                byte < 128 && (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
            }
    }

    /// Anything but control characters other than the tab.
    static func isValue(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            // Without a way out in between, which compilers make many bytes a step of: tokens are a thousand long.
            var worst: UInt8 = 0
            for byte in bytes { worst |= (byte < 0x20 ? 1 : 0) & (byte == 0x09 ? 0 : 1) | (byte == 0x7F ? 1 : 0) }
            return worst == 0
        }
    }
}
