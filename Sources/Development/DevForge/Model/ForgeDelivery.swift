// SPDX-License-Identifier: MIT
package import JSONCoding

/// One webhook delivery: the exact bytes that were or will be sent, and how it ended.
package struct ForgeDelivery: Codable, Sendable {
    /// Where a delivery stands.
    package enum Outcome: Codable, Sendable, Equatable {
        /// Not tried yet. What is pending when the process stops is tried at the next start, once.
        case pending
        /// The receiver answered with this status; anything but 2xx counts as failed and is not tried again.
        case answered(status: Int)
        /// No answer: refused, timed out, or thrown away by a switch of the stand-in.
        case failed(reason: String)
    }

    package var id: Int64
    /// The value of `X-GitHub-Delivery`; a redelivery keeps it.
    package var guid: String
    package var event: String
    package var action: String?
    package var repository: Int64?
    package var payload: String
    package var createdAt: Timestamp
    package var deliveredAt: Timestamp?
    /// Milliseconds from sending to the answer.
    package var milliseconds: Int?
    package var isRedelivery: Bool
    package var outcome: Outcome
}
