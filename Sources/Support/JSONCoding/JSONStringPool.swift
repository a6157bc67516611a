// SPDX-License-Identifier: MIT

/// Gives equal texts one storage, so that what thousands of objects say alike is kept once.
///
/// A table of fixed size in which a text replaces another of the same place: what is common stays or comes back soon,
/// what is unique passes through, and nothing grows. Short texts need no storage at all, and long ones are rarely alike.
package final class JSONStringPool {
    private static let lengths = 16...200
    private var table: [String]
    private let mask: Int

    /// A pool of a power of two places.
    package init(places: Int = 1024) {
        precondition(places > 0 && places & (places - 1) == 0, "the number of places is a power of two")
        table = Array(repeating: "", count: places)
        mask = places - 1
    }

    /// The text of these bytes, which are ASCII.
    func string(_ bytes: ArraySlice<UInt8>) -> String {
        guard Self.lengths.contains(bytes.count) else { return String(decoding: bytes, as: UTF8.self) }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let place = Int(truncatingIfNeeded: hash ^ (hash >> 32)) & mask
        let known = table[place]
        if known.utf8.count == bytes.count, known.utf8.elementsEqual(bytes) { return known }
        let fresh = String(decoding: bytes, as: UTF8.self)
        table[place] = fresh
        return fresh
    }
}
