// SPDX-License-Identifier: MIT

/// The zlib format (RFC 1950): deflate with a checksum of what it holds.
package enum Zlib {
    /// How much work is put into a small result, as zlib counts: 1 least, 9 most.
    package static let defaultLevel = 6

    /// Compresses a whole buffer.
    package static func compress(_ bytes: [UInt8], level: Int = defaultLevel) -> [UInt8] {
        var deflater = Deflater(level: level)
        return deflater.update(bytes) + deflater.finish()
    }

    /// Takes a whole buffer back.
    ///
    /// - Parameter limit: the most bytes that are accepted; what would become more is refused before it fills the
    ///   memory.
    /// - Throws: `CompressionError`, also for bytes that are missing or too many.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        var inflater = Inflater(limit: limit)
        let output = try inflater.update(bytes)
        try inflater.finish()
        return output
    }
}
