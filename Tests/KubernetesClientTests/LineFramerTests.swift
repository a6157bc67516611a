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
