// SPDX-License-Identifier: MIT
import JSONCoding

/// Whether a pod that runs is still heard of: pure. Silence is told; the run's clock alone ends it.
struct RunHeartbeat {
    /// How long a pod that has spoken may say nothing; it speaks every half minute.
    static let silence = Duration.seconds(5 * 60)

    /// When the pod's agent began; `nil` where that is not known.
    let begun: Timestamp?
    /// The last word of this pod; `nil` before the first one.
    let last: Timestamp?
    /// Until when we could not have heard it.
    let deafUntil: Timestamp?

    /// - Parameter last: the attempt's last word, which an earlier pod of it may have said.
    init(begun: Timestamp?, last: Timestamp?, deafUntil: Timestamp?) {
        self.begun = begun
        self.last = last.flatMap { last in begun.map { last >= $0 } ?? true ? last : nil }
        self.deafUntil = deafUntil
    }

    /// Since when nothing was heard of a pod that had spoken, where that is worth a warning.
    func silentSince(at now: Timestamp) -> Timestamp? { last.flatMap { isSilent(since: $0, now) ? $0 : nil } }

    /// Whether nothing was heard for so long that nobody knows what the pod does. One that waited is not known to wait
    /// any more then: the clock goes on, else nothing would ever end it.
    func isUnheard(at now: Timestamp) -> Bool { (last ?? begun).map { isSilent(since: $0, now) } ?? false }

    private func isSilent(since moment: Timestamp, _ now: Timestamp) -> Bool {
        let listened = deafUntil.map { max($0, moment) } ?? moment
        return now.since(listened) >= Self.silence
    }
}
