// SPDX-License-Identifier: MIT
import CCrypto

/// Bytes from the library's cryptographic random generator.
package enum RandomBytes {
    /// `count` unpredictable bytes. Without a random source nothing secret can go on, so that stops the process.
    package static func generate(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            precondition(
                count == 0 || RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "no source of random bytes")
            initialized = count
        }
    }
}
