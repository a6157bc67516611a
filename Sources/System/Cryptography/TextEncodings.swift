// SPDX-License-Identifier: MIT

/// Base 16 (RFC 4648 section 8), lower case.
package enum Hex {
    /// Two lower-case digits a byte.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil for an odd length or any other character; both cases of letters are read.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Base 32 (RFC 4648 section 6) in lower case without padding: fits into Kubernetes names.
package enum Base32 {
    private static let codec = BitCodec(alphabet: "abcdefghijklmnopqrstuvwxyz234567", bitsPerSymbol: 5, padded: false)

    /// Lower-case text without padding.
    package static func encode(_ bytes: [UInt8]) -> String { codec.encode(bytes) }
}

/// Base 64 (RFC 4648 section 4) with padding.
package enum Base64 {
    private static let codec = BitCodec(
        alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bitsPerSymbol: 6, padded: true)

    /// Text with padding, in one line.
    package static func encode(_ bytes: [UInt8]) -> String { codec.encode(bytes) }

    /// The bytes; nil for anything but well-formed base 64 (missing padding is refused).
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { codec.decode(text) }

    /// The bytes of text as people and tools write it into files: line breaks, spaces and other foreign characters are
    /// passed over (RFC 2045 section 6.8), and so are bits after the last byte. Nil when padding is missing, or when
    /// there are foreign characters alone.
    package static func decodeLeniently(_ text: String) -> [UInt8]? {
        let symbols = text.utf8.filter { codec.reads($0) || $0 == UInt8(ascii: "=") }
        guard !symbols.isEmpty || text.isEmpty else { return nil }
        return codec.decode(symbols, ignoresLastBits: true)
    }
}

/// Base 64 with the alphabet for URLs (RFC 4648 section 5), without padding: what JSON web tokens use.
package enum Base64URL {
    private static let codec = BitCodec(
        alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", bitsPerSymbol: 6, padded: false)

    /// Text without padding.
    package static func encode(_ bytes: [UInt8]) -> String { codec.encode(bytes) }

    /// The bytes; nil for anything but well-formed unpadded text.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { codec.decode(text) }
}

/// The power-of-two encodings of RFC 4648: they differ in alphabet, symbol width and padding alone.
private struct BitCodec: Sendable {
    private let alphabet: [UInt8]
    private let values: [UInt8]
    private let bitsPerSymbol: Int
    private let padded: Bool
    private static let invalid: UInt8 = 255

    init(alphabet: String, bitsPerSymbol: Int, padded: Bool) {
        self.alphabet = Array(alphabet.utf8)
        var values = [UInt8](repeating: Self.invalid, count: 256)
        for (index, symbol) in self.alphabet.enumerated() { values[Int(symbol)] = UInt8(index) }
        self.values = values
        self.bitsPerSymbol = bitsPerSymbol
        self.padded = padded
    }

    /// Symbols after which bytes and symbols meet again; padding fills up to it.
    private var groupSize: Int { bitsPerSymbol == 5 ? 8 : 4 }

    /// Whether the character stands for a value.
    func reads(_ character: UInt8) -> Bool { values[Int(character)] != Self.invalid }

    func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 8 / bitsPerSymbol + groupSize)
        var accumulator = 0
        var bits = 0
        let mask = alphabet.count - 1
        for byte in bytes {
            accumulator = (accumulator << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= bitsPerSymbol {
                bits -= bitsPerSymbol
                text.append(alphabet[accumulator >> bits & mask])
            }
        }
        if bits > 0 { text.append(alphabet[accumulator << (bitsPerSymbol - bits) & mask]) }
        while padded && text.count % groupSize != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(Array(text.utf8), ignoresLastBits: false)
    }

    func decode(_ text: [UInt8], ignoresLastBits: Bool) -> [UInt8]? {
        var symbols = text
        if padded {
            guard symbols.count % groupSize == 0 else { return nil }
            var removed = 0
            while removed < 2, symbols.last == UInt8(ascii: "=") {
                symbols.removeLast()
                removed += 1
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(symbols.count * bitsPerSymbol / 8)
        var accumulator = 0
        var bits = 0
        for symbol in symbols {
            let value = values[Int(symbol)]
            guard value != Self.invalid else { return nil }
            accumulator = (accumulator << bitsPerSymbol | Int(value)) & 0xFFFF
            bits += bitsPerSymbol
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(accumulator >> bits & 0xFF))
            }
        }
        // A left-over whole symbol, or bits that are not zero, cannot come from an encoder.
        guard bits < bitsPerSymbol, ignoresLastBits || accumulator & ((1 << bits) - 1) == 0 else { return nil }
        return bytes
    }
}
