// SPDX-License-Identifier: MIT
import Compression
import Testing

/// Bytes that look random and are the same each time (xorshift).
func noise(_ count: Int, seed: UInt64 = 88_172_645_463_325_252) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ZlibTests {
    @Test(arguments: [0, 1, 100, 32 << 10, 64 << 10, (64 << 10) + 1, 1 << 20], [1, 6, 9])
    func comesBackAsItWas(count: Int, level: Int) throws {
        for original in [noise(count), [UInt8](repeating: 0x61, count: count)] {
            let packed = Zlib.compress(original, level: level)
            #expect(try Zlib.decompress(packed, limit: count) == original)
        }
    }

    @Test func isTheFormatThatOthersRead() throws {
        // RFC 1950 and 1951 by hand: a stored block of "abc" with its Adler-32.
        let foreign: [UInt8] = [
            0x78, 0x01, 0x01, 0x03, 0x00, 0xFC, 0xFF, 0x61, 0x62, 0x63, 0x02, 0x4D, 0x01, 0x27,
        ]
        #expect(try Zlib.decompress(foreign, limit: 3) == Array("abc".utf8))
        #expect(Zlib.compress(Array("abc".utf8)).first == 0x78)
    }

    @Test func streamsInPiecesOfAnySize() throws {
        let original = noise(300_000) + [UInt8](repeating: 7, count: 300_000)
        for size in [1000, 65_536, 600_000] {
            var deflater = Deflater()
            var packed: [UInt8] = []
            for start in stride(from: 0, to: original.count, by: size) {
                packed += deflater.update(Array(original[start..<min(start + size, original.count)]))
            }
            packed += deflater.finish()
            var inflater = Inflater(limit: original.count)
            var back: [UInt8] = []
            for start in stride(from: 0, to: packed.count, by: 777) {
                back += try inflater.update(Array(packed[start..<min(start + 777, packed.count)]))
            }
            try inflater.finish()
            #expect(back == original)
        }
    }

    @Test func aBombIsRefusedBeforeItGrows() throws {
        // 64 MiB of zeros in less than 128 KiB.
        var deflater = Deflater(level: 9)
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var bomb: [UInt8] = []
        for _ in 0..<64 { bomb += deflater.update(zeros) }
        bomb += deflater.finish()
        #expect(bomb.count < 1 << 17)
        #expect(throws: CompressionError.outputTooLarge(limit: 1 << 20)) { try Zlib.decompress(bomb, limit: 1 << 20) }
        #expect(throws: CompressionError.outputTooLarge(limit: (64 << 20) - 1)) {
            try Zlib.decompress(bomb, limit: (64 << 20) - 1)
        }
        #expect(throws: CompressionError.outputTooLarge(limit: 0)) { try Zlib.decompress(Zlib.compress([1]), limit: 0) }
        #expect("\(CompressionError.outputTooLarge(limit: 5))".contains("more than the 5"))
    }

    @Test func whatIsNotWholeIsRefused() throws {
        let packed = Zlib.compress(noise(10_000))
        for count in [0, 1, 2, 100, packed.count - 1] {
            #expect(throws: CompressionError.truncated) {
                try Zlib.decompress(Array(packed[..<count]), limit: 1 << 20)
            }
        }
        #expect(throws: CompressionError.trailingBytes) { try Zlib.decompress(packed + [0], limit: 1 << 20) }
        // A changed checksum, and bytes that were never one.
        var changed = packed
        changed[changed.count - 1] ^= 1
        #expect(throws: CompressionError.damaged(reason: "incorrect data check")) {
            try Zlib.decompress(changed, limit: 1 << 20)
        }
        #expect(throws: CompressionError.self) { try Zlib.decompress(Array("plain text".utf8), limit: 1 << 20) }
    }

    @Test func everyChangedBitIsNoticed() throws {
        let original = noise(40) + Array("some text, some text, some text".utf8)
        let packed = Zlib.compress(original)
        for position in 0..<(packed.count * 8) {
            var changed = packed
            changed[position / 8] ^= 1 << UInt8(position % 8)
            let back = try? Zlib.decompress(changed, limit: 4096)
            // Three bits of the header say how hard it was tried, nothing of the content.
            #expect(back == nil || back == original)
        }
    }
}
