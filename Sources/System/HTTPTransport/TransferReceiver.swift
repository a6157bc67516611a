// SPDX-License-Identifier: MIT

/// Who gets what a transfer delivers. Called on the transport's thread, except ``finished(_:)``, which a cancelled task
/// calls too; the first end counts.
protocol TransferReceiver: AnyObject, Sendable {
    /// Status and header fields are complete.
    func received(_ head: ResponseHead)

    /// Bytes of the body arrived; they are copied or refused within the call.
    func received(_ bytes: UnsafeRawBufferPointer) -> BodyAnswer

    /// The transfer is over; nil for a complete answer.
    func finished(_ error: HTTPClientError?)
}

/// What a receiver does with bytes that it was offered.
enum BodyAnswer: Equatable {
    /// Took them.
    case taken
    /// Did not take them; they are offered again after the transfer is resumed.
    case pause
    /// Wants no more.
    case refuse
}
