// SPDX-License-Identifier: MIT
import CZlib

/// Compresses bytes that come piece by piece. It owns zlib's state, which cannot be copied.
package struct Deflater: ~Copyable {
    /// On the heap at one address: zlib's state points back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isFinished = false

    /// A stream without content yet.
    ///
    /// - Parameter level: 1 fastest, 9 smallest; others are read as the nearest.
    package init(level: Int = Zlib.defaultLevel) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Fails only without memory, which Swift does not survive either, or with a library of another version.
        precondition(
            czlib_deflate_init(stream, Int32(min(max(level, 1), 9))) == Z_OK, "zlib could not begin to compress")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes the next bytes; answers what is ready, often nothing.
    package mutating func update(_ bytes: [UInt8]) -> [UInt8] {
        precondition(!isFinished, "the stream was finished")
        return run(bytes, Z_NO_FLUSH)
    }

    /// Ends the stream; answers its last bytes. Nothing can be added afterwards.
    package mutating func finish() -> [UInt8] {
        precondition(!isFinished, "the stream was finished")
        isFinished = true
        return run([], Z_FINISH)
    }

    private func run(_ bytes: [UInt8], _ flush: Int32) -> [UInt8] {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        bytes.withUnsafeBytes { input in
            // zlib declares the input as changeable and does not change it.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(input.count)
            var room = 0
            repeat {
                let made = buffer.withUnsafeMutableBytes { target in
                    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(target.count)
                    let code = deflate(stream, flush)
                    // Z_BUF_ERROR says that there was nothing to do.
                    precondition(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR, "zlib could not compress")
                    room = Int(stream.pointee.avail_out)
                    return target.count - room
                }
                output += buffer[..<made]
            } while room == 0
            stream.pointee.next_in = nil
        }
        return output
    }
}
