// SPDX-License-Identifier: MIT
import Testing

@testable import KubernetesClient

@Suite struct LineFramerTests {
    private func lines(_ chunks: [[UInt8]], maximum: Int = 1 << 20) throws -> [String] {
        var framer = LineFramer(maximumLineBytes: maximum)
        var lines: [String] = []
        for chunk in chunks {
            framer.append(chunk)
            while let line = try framer.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        }
        return lines
    }

    @Test func `wherever the bytes are split, the lines are the same`() throws {
        let text = "{\"a\":1}\n\n{\"b\":\"é😀\"}\r\n{\"c\":3}\nunfinished"
        let bytes = Array(text.utf8)
        let expected = ["{\"a\":1}", "{\"b\":\"é😀\"}", "{\"c\":3}"]
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let chunks = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                #expect(try lines(chunks) == expected)
            }
        }
        #expect(try lines(bytes.map { [$0] }) == expected)
    }

    @Test func `long lines come in small chunks and many lines in one`() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        let stream = long + [10] + long + [10]
        let small = stride(from: 0, to: stream.count, by: 17).map { Array(stream[$0..<min($0 + 17, stream.count)]) }
        #expect(try lines(small).map(\.utf8.count) == [300_000, 300_000])

        let many = (0..<10_000).flatMap { Array("\($0)\n".utf8) }
        #expect(try lines([many]).count == 10_000)
    }

    /// As large as an object may be, in the pieces that a connection may bring: byte by byte, a frame, a read.
    @Test(arguments: [1, 16_384, 65_536])
    func `a line of 1.4 MB comes whole in pieces of any size`(size: Int) throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1_400_000)
        let stream = long + [10] + Array("short\n".utf8)
        var framer = LineFramer(maximumLineBytes: 2 << 20)
        var lines: [Int] = []
        var position = 0
        while position < stream.count {
            framer.append(Array(stream[position..<min(position + size, stream.count)]))
            position += size
            while let line = try framer.next() { lines.append(line.count) }
        }
        #expect(lines == [1_400_000, 5] && framer.unfinishedBytes == 0)
    }

    @Test func `a line longer than allowed is an error, finished or not`() {
        #expect(throws: LineFramer.LineTooLong.self) { try lines([Array("12345\n".utf8)], maximum: 4) }
        #expect(throws: LineFramer.LineTooLong.self) { try lines([Array("12345".utf8)], maximum: 4) }
        #expect(throws: Never.self) { try lines([Array("1234\n1234".utf8)], maximum: 4) }
        #expect(throws: Never.self) { try lines([Array("1234\r".utf8), [10]], maximum: 4) }
        #expect(throws: LineFramer.LineTooLong.self) { try lines([Array("1234\r\r".utf8)], maximum: 4) }
    }

    @Test func `what was cut off is counted`() throws {
        var framer = LineFramer(maximumLineBytes: 100)
        framer.append(Array("ab\ncd".utf8))
        #expect(try framer.next() == Array("ab".utf8))
        #expect(try framer.next() == nil)
        #expect(framer.unfinishedBytes == 2)
    }
}
