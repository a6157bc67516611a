// SPDX-License-Identifier: MIT

/// The chunks of a body, as they arrive.
///
/// At most 256 KiB wait here: when the reader falls behind, the transfer is paused (the kernel and curl still buffer
/// some, for HTTP/2 up to 32 MB a stream). It is read once; a second iterator shares the chunks with the first.
package struct ResponseBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = HTTPClientError

    private let lifetime: TransferLifetime

    init(_ lifetime: TransferLifetime) {
        self.lifetime = lifetime
    }

    /// Reads the body.
    package func makeAsyncIterator() -> Iterator {
        Iterator(lifetime: lifetime)
    }

    /// Reads chunk by chunk.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let lifetime: TransferLifetime

        /// The next chunk, never empty; nil at the end of a complete body.
        ///
        /// - Throws: ``HTTPClientError``; a body that was cut off is an error, not an end.
        package mutating func next() async throws(HTTPClientError) -> [UInt8]? {
            try await lifetime.nextChunk()
        }

        /// The same on the caller's actor.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPClientError) -> [UInt8]? {
            try await lifetime.nextChunk()
        }
    }

    /// Reads the rest into memory.
    ///
    /// - Throws: ``HTTPClientError`` with code `bodyTooLarge` when there are more than `maximumBytes`.
    package func collect(maximumBytes: Int) async throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await lifetime.nextChunk() {
            guard bytes.count + chunk.count <= maximumBytes else {
                throw HTTPClientError(.bodyTooLarge, url: lifetime.url, detail: "more than \(maximumBytes) bytes")
            }
            bytes += chunk
        }
        return bytes
    }
}

/// Keeps a transfer going as long as somebody may read it.
final class TransferLifetime: Sendable {
    let url: String
    private let receiver: StreamingReceiver
    private let cancelTransfer: @Sendable () -> Void

    init(url: String, receiver: StreamingReceiver, cancelTransfer: @escaping @Sendable () -> Void) {
        self.url = url
        self.receiver = receiver
        self.cancelTransfer = cancelTransfer
    }

    deinit {
        if !receiver.isFinished { cancelTransfer() }
    }

    /// The next chunk; cancelling the task that waits here cancels the transfer.
    func nextChunk() async throws(HTTPClientError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await receiver.nextChunk()
        } onCancel: {
            receiver.finished(HTTPClientError(.cancelled, url: url, detail: "the task was cancelled"))
            cancelTransfer()
        }
        return try result.get()
    }
}
