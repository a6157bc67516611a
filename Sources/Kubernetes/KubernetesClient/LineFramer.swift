// SPDX-License-Identifier: MIT

/// Cuts a stream of byte chunks into lines, wherever the chunks were split.
///
/// Work is linear in the bytes, also when a long line comes byte by byte.
package struct LineFramer {
    private var buffer: [UInt8] = []
    /// Where the line that is being collected begins.
    private var start = 0
    /// Up to where no line end was found.
    private var scanned = 0
    private let maximumLineBytes: Int

    /// A line was longer than allowed.
    package struct LineTooLong: Error, Equatable {
        /// The most bytes that a line may have, without its end.
        package var limit: Int
    }

    /// Cuts into lines of at most so many bytes, without their ends.
    package init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Takes the bytes that came next.
    package mutating func append(_ chunk: [UInt8]) {
        if start > 0, start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
            start = 0
            scanned = 0
        } else if start > 65_536, start > buffer.count / 2 {
            buffer.removeFirst(start)
            scanned -= start
            start = 0
        }
        buffer += chunk
    }

    /// The next whole line without its end; empty lines are passed over. Nil until more bytes come.
    package mutating func next() throws(LineTooLong) -> [UInt8]? {
        while scanned < buffer.count {
            guard let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
                scanned = buffer.count
                break
            }
            var line = buffer[start..<end]
            start = end + 1
            scanned = start
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard line.count <= maximumLineBytes else { throw LineTooLong(limit: maximumLineBytes) }
            if !line.isEmpty { return Array(line) }
        }
        // A return at the end may belong to the line's end, which is not counted.
        let mayEnd = unfinishedBytes == maximumLineBytes + 1 && buffer.last == UInt8(ascii: "\r")
        guard unfinishedBytes <= maximumLineBytes || mayEnd else { throw LineTooLong(limit: maximumLineBytes) }
        return nil
    }

    /// Bytes of a line that has not ended: what a broken connection cut off.
    package var unfinishedBytes: Int { buffer.count - start }
}
