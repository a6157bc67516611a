// SPDX-License-Identifier: MIT

/// Hides one known secret in a stream of bytes, also where it is spread over chunks.
///
/// What might be the beginning of the secret is held back until the next bytes show what it is; a stream that is not
/// about the secret passes at once, because only a suffix that the secret begins with is held.
struct KeyMask {
    /// What stands in the secret's place.
    static let replacement = Array("[redacted]".utf8)

    private let key: [UInt8]
    private var held: [UInt8] = []

    /// - Parameter key: the secret; an empty one hides nothing.
    init(_ key: String) { self.key = Array(key.utf8) }

    /// Takes a chunk and tells what of the stream is certain now.
    mutating func pass(_ chunk: [UInt8]) -> [UInt8] {
        guard !key.isEmpty else { return chunk }
        let bytes = held + chunk
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var copied = 0
        var position = 0
        while let start = bytes[position...].firstIndex(of: key[0]), start + key.count <= bytes.count {
            if bytes[start..<(start + key.count)] == key[...] {
                result += bytes[copied..<start]
                result += Self.replacement
                copied = start + key.count
                position = copied
            } else {
                position = start + 1
            }
        }
        let end = bytes.count - beginning(atEndOf: bytes[copied...])
        result += bytes[copied..<end]
        held = Array(bytes[end...])
        return result
    }

    /// What was held back, once nothing follows.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }

    /// A whole text with the secret hidden.
    static func mask(_ text: String, key: String) -> String {
        var mask = KeyMask(key)
        return String(decoding: mask.pass(Array(text.utf8)) + mask.finish(), as: UTF8.self)
    }

    /// How many of the last bytes are the secret's first ones.
    private func beginning(atEndOf bytes: ArraySlice<UInt8>) -> Int {
        var length = min(key.count - 1, bytes.count)
        while length > 0 {
            if bytes.suffix(length) == key[..<length] { return length }
            length -= 1
        }
        return 0
    }
}
