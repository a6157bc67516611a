// SPDX-License-Identifier: MIT

/// Text that would cost more to compare than to read.
///
/// Swift compares and hashes strings by their normal form, for which it sorts combining marks that follow one another:
/// in a time that grows with the square of their number. A text of some hundred kilobytes of marks would stop whoever
/// compares it for minutes, so parsers of foreign input refuse it. No language needs more than a handful in a row
/// (Unicode's stream-safe format, UAX #15, allows 30).
package enum CombiningMarks {
    /// The most in a row.
    package static let limit = 256

    /// Whether there are more in a row than ``limit``.
    package static func areTooMany(in text: String) -> Bool {
        // A mark has two bytes at least.
        guard text.utf8.count > 2 * limit else { return false }
        var count = 0
        for scalar in text.unicodeScalars {
            // The first of them all; what is below, ASCII above all, is not looked up.
            guard scalar.value >= 0x300, scalar.properties.canonicalCombiningClass != .notReordered else {
                count = 0
                continue
            }
            count += 1
            if count > limit { return true }
        }
        return false
    }
}
