// SPDX-License-Identifier: MIT

/// git's framing: four hexadecimal digits of length (with themselves), then the content (gitprotocol-common(5)).
enum PktLine {
    /// The longest line, its four digits included.
    static let maximumLength = 65_520

    enum Item: Equatable {
        case data(ArraySlice<UInt8>)
        /// `0000`: the end of a section.
        case flush
    }

    /// What is wrong with a stream of lines.
    enum Failure: Error, Equatable { case truncated, malformed }

    /// Reads one item and moves on.
    static func next(_ bytes: inout ArraySlice<UInt8>) throws(Failure) -> Item {
        guard bytes.count >= 4 else { throw .truncated }
        var length = 0
        for digit in bytes.prefix(4) {
            guard let value = hexValue(digit) else { throw .malformed }
            length = length << 4 | value
        }
        if length == 0 {
            bytes = bytes.dropFirst(4)
            return .flush
        }
        // 1 to 3 are special packets of version 2, which has no place in a push.
        guard length >= 4, length <= maximumLength else { throw .malformed }
        guard bytes.count >= length else { throw .truncated }
        defer { bytes = bytes.dropFirst(length) }
        return .data(bytes.prefix(length).dropFirst(4))
    }

    /// One line.
    static func line(_ content: some Collection<UInt8>) -> [UInt8] {
        let digits = String(content.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8) + content
    }

    static let flush = Array("0000".utf8)

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x61...0x66: Int(byte - 0x61 + 10)
        case 0x41...0x46: Int(byte - 0x41 + 10)
        default: nil
        }
    }
}
