// SPDX-License-Identifier: MIT

/// What a child writes, chunk by chunk, as it comes. One reader at a time; cancelling the reader ends the sequence.
package struct ProcessOutput: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    let process: RunningProcess

    package struct AsyncIterator: AsyncIteratorProtocol {
        let process: RunningProcess

        package mutating func next() async -> [UInt8]? { await process.nextChunk() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(process: process) }

    /// The same, line by line, without the line feeds; a last line without one is told as well.
    package var lines: ProcessLines { ProcessLines(output: self) }
}

/// Lines of a child's output; a line longer than 64 KiB is told in pieces.
package struct ProcessLines: AsyncSequence, Sendable {
    package typealias Element = String
    let output: ProcessOutput

    package struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: ProcessOutput.AsyncIterator
        private var pending: ArraySlice<UInt8> = []
        private var hasEnded = false

        init(_ chunks: ProcessOutput.AsyncIterator) { self.chunks = chunks }

        package mutating func next() async -> String? {
            while true {
                if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { pending = pending[(end + 1)...] }
                    return String(decoding: pending[..<end], as: UTF8.self)
                }
                if pending.count >= 64 << 10 || (hasEnded && !pending.isEmpty) {
                    defer { pending = [] }
                    return String(decoding: pending, as: UTF8.self)
                }
                if hasEnded { return nil }
                if let chunk = await chunks.next() { pending += chunk } else { hasEnded = true }
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(output.makeAsyncIterator()) }
}
