// SPDX-License-Identifier: MIT

/// Why compressed bytes could not be read.
package enum CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// They would become more than the reader accepts: a mistake, or a few bytes made to fill a memory.
    case outputTooLarge(limit: Int)
    /// They are no zlib stream (RFC 1950), or were changed; with the library's words.
    case damaged(reason: String)
    /// They end before the stream does.
    case truncated
    /// There are bytes after the stream's end.
    case trailingBytes

    package var description: String {
        switch self {
        case .outputTooLarge(let limit): "the compressed bytes become more than the \(limit) that are accepted"
        case .damaged(let reason): "the bytes are no intact zlib stream: \(reason)"
        case .truncated: "the compressed bytes end before their stream does"
        case .trailingBytes: "there are bytes after the end of the compressed stream"
        }
    }
}
