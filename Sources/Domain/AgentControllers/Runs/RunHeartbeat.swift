// SPDX-License-Identifier: MIT
import JSONCoding

/// Whether a pod that runs is still heard of: pure. Silence is told; the run's clock alone ends it.
enum RunHeartbeat {
    /// How long a pod that has spoken may say nothing; it speaks every half minute.
    static let silence = Duration.seconds(5 * 60)

    /// Since when nothing was heard, where that is worth a warning.
    ///
    /// - Parameters:
    ///   - last: the last word; `nil` before the first one.
    ///   - deafUntil: until when we could not have heard it.
    static func silentSince(last: Timestamp?, deafUntil: Timestamp?, now: Timestamp) -> Timestamp? {
        guard let last else { return nil }
        let listened = deafUntil.map { max($0, last) } ?? last
        return now.since(listened) >= silence ? last : nil
    }
}
