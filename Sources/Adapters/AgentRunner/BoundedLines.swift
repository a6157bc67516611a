// SPDX-License-Identifier: MIT

/// Cuts a stream of bytes into lines, however the stream was cut into chunks, and holds no more than one line's bound.
struct BoundedLines {
    /// What the stream held.
    enum Item: Equatable {
        /// A line without its line feed.
        case line([UInt8])
        /// A line that was longer than the bound, and how long it was, in bytes.
        case tooLong(Int)
    }

    /// The longest line, in bytes.
    let limit: Int
    private var pending: [UInt8] = []
    /// Bytes of the current line that were dropped because it is too long.
    private var dropped = 0

    init(limit: Int) { self.limit = limit }

    /// Takes the next chunk and tells the lines that it ended.
    mutating func take(_ chunk: some Collection<UInt8>) -> [Item] {
        var items: [Item] = []
        var rest = chunk[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            items.append(endLine())
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
        return items
    }

    /// The last line, where it had no line feed.
    mutating func finish() -> Item? {
        pending.isEmpty && dropped == 0 ? nil : endLine()
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        if dropped == 0, pending.count + bytes.count <= limit {
            pending += bytes
        } else {
            dropped += pending.count + bytes.count
            pending = []
        }
    }

    private mutating func endLine() -> Item {
        defer {
            pending = []
            dropped = 0
        }
        return dropped > 0 ? .tooLong(dropped) : .line(pending)
    }
}
