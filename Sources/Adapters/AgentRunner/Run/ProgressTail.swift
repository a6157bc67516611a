// SPDX-License-Identifier: MIT
import SystemCalls

/// Follows the agent's progress file: tells the lines that were added since the last look.
///
/// The agent writes the file and may write anything: each look reads a bounded part, a line that is too long is passed
/// over, and what is no plain file is not opened, because opening a pipe would wait for its writer.
struct ProgressTail {
    /// The longest line that is told, in bytes.
    static let longestLine = 16 << 10
    /// The most that one look reads, in bytes.
    static let partSize = 256 << 10

    let path: String
    private var offset = 0
    private var lines = BoundedLines(limit: ProgressTail.longestLine)

    init(path: String) { self.path = path }

    /// The most that the last look reads, in bytes; twice of what our own agents write.
    private static let restSize = 2 * ProgressFile.limit

    /// Tells all lines that are there now, for the last look. What is written meanwhile is not waited for.
    mutating func finish(_ take: ([UInt8]) -> Void) {
        guard let size = try? Files.linkStatus(path).size else { return }
        let end = min(size, offset + Self.restSize)
        var position = -1
        while offset < end, offset != position {
            position = offset
            for line in next() { take(line) }
        }
    }

    /// The lines since the last look; none while the file is missing.
    mutating func next() -> [[UInt8]] {
        guard let status = try? Files.linkStatus(path), status.kind == .file else { return [] }
        if status.size < offset {
            // Made anew: an agent may keep the file as it likes.
            offset = 0
            lines = BoundedLines(limit: Self.longestLine)
        }
        guard status.size > offset, let part = read() else { return [] }
        offset += part.count
        return lines.take(part).compactMap { if case .line(let bytes) = $0 { bytes } else { nil } }
    }

    private func read() -> [UInt8]? {
        guard let reader = try? FileReader(path, followsLinks: false) else { return nil }
        return try? reader.read(at: offset, upTo: Self.partSize)
    }
}
