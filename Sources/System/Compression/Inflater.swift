// SPDX-License-Identifier: MIT
import CZlib

/// Takes back compressed bytes that come piece by piece, up to a bound. It owns zlib's state, which cannot be copied.
package struct Inflater: ~Copyable {
    /// On the heap at one address: zlib's state points back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let limit: Int
    private var made = 0
    private var isAtEnd = false

    /// A stream of which nothing is there yet.
    ///
    /// - Parameter limit: the most bytes that the whole stream may become.
    package init(limit: Int) {
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        precondition(czlib_inflate_init(stream) == Z_OK, "zlib could not begin to decompress")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Takes the next bytes; answers what they become.
    ///
    /// - Throws: `CompressionError`; the stream is of no use afterwards.
    package mutating func update(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
        if bytes.isEmpty { return [] }
        if isAtEnd { throw .trailingBytes }
        var output: [UInt8] = []
        // One byte more than is accepted, so that exactly the limit can be told from too much.
        var buffer = [UInt8](repeating: 0, count: max(1, min(64 << 10, limit - made + 1)))
        var failure: CompressionError?
        bytes.withUnsafeBytes { input in
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(input.count)
            var step = Step.more
            while step == .more {
                let count = buffer.withUnsafeMutableBytes { target in
                    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(target.count)
                    step = judge(inflate(stream, Z_NO_FLUSH))
                    return target.count - Int(stream.pointee.avail_out)
                }
                made += count
                if made > limit { step = .failed(.outputTooLarge(limit: limit)) }
                output += buffer[..<count]
            }
            if case .failed(let error) = step { failure = error }
            if step == .end {
                isAtEnd = true
                if stream.pointee.avail_in > 0 { failure = .trailingBytes }
            }
            stream.pointee.next_in = nil
        }
        if let failure { throw failure }
        return output
    }

    /// Says that nothing more comes.
    ///
    /// - Throws: `CompressionError.truncated` when the stream was not at its end.
    package consuming func finish() throws(CompressionError) {
        if !isAtEnd { throw .truncated }
    }

    private enum Step: Equatable {
        case more
        case needsInput
        case end
        case failed(CompressionError)
    }

    private func judge(_ code: Int32) -> Step {
        switch code {
        case Z_STREAM_END: .end
        // A full buffer may hide further output.
        case Z_OK: stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 ? .more : .needsInput
        // Nothing could be done: all input is used.
        case Z_BUF_ERROR: .needsInput
        case Z_NEED_DICT: .failed(.damaged(reason: "it needs a dictionary"))
        default: .failed(.damaged(reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib code \(code)"))
        }
    }
}
