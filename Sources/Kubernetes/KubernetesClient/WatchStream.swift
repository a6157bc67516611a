// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
package import KubernetesAPI

/// The events of one watch, as they are asked for: nothing is read ahead but what the transport holds.
///
/// It ends when the server ends the watch (its time is up), and throws `APIError` when the connection breaks, stays
/// silent too long or sends what is not JSON. In every case a new watch goes on from the last version that was seen.
/// One consumer; dropping the iterator ends the connection.
package struct WatchStream<Object: KubernetesObject>: AsyncSequence, Sendable {
    /// What a watch says.
    package typealias Element = WatchEvent<Object>
    /// Why it ended.
    package typealias Failure = APIError

    private let response: StreamingResponse
    private let label: String

    init(response: StreamingResponse, label: String) {
        self.response = response
        self.label = label
    }

    /// The one consumer.
    package func makeAsyncIterator() -> Iterator {
        Iterator(body: response.body.makeAsyncIterator(), label: label)
    }

    /// Reads chunks, cuts them into lines and decodes those.
    package struct Iterator: AsyncIteratorProtocol {
        private var body: ResponseBody.AsyncIterator
        // As much as the parser takes, so that one object cannot take all memory.
        private var framer = LineFramer(maximumLineBytes: 16 << 20)
        private let pool = JSONStringPool(places: 256)
        private let label: String

        init(body: ResponseBody.AsyncIterator, label: String) {
            self.body = body
            self.label = label
        }

        /// The next message; nil when the server ended the watch as agreed.
        package mutating func next() async throws(APIError) -> WatchEvent<Object>? {
            try await next(isolation: nil)
        }

        /// The next message; nil when the server ended the watch as agreed.
        package mutating func next(isolation actor: isolated (any Actor)?) async throws(APIError) -> WatchEvent<Object>?
        {
            while true {
                do {
                    if let line = try framer.next() { return try WatchEvent(line: line, pool: pool) }
                } catch {
                    throw APIError(reason: .undecodable, message: "the watch is unreadable: \(error)", request: label)
                }
                let chunk: [UInt8]?
                do {
                    chunk = try await body.next()
                } catch {
                    throw APIClient.transportError(error, label: label)
                }
                guard let chunk else {
                    if framer.unfinishedBytes == 0 { return nil }
                    // What the line said comes again when the watch is resumed from the last whole one.
                    throw APIError(
                        reason: .transport, message: "the watch was cut off inside a message", request: label,
                        mayHaveBeenDone: false)
                }
                framer.append(chunk)
            }
        }
    }
}

extension ResourceClient {
    /// Begins a watch.
    ///
    /// Throws `APIError` when the server refuses it; note that an expired version may be refused here, or inside the
    /// stream, or by a stream that ends at once.
    package func watch(_ options: WatchOptions = .init()) async throws(APIError) -> WatchStream<Object> {
        // Longer than the server's own, so that a healthy server ends the watch and the client only a dead one.
        let deadline = options.timeout + .seconds(10)
        let request = APIRequest(
            .get, try collection(), query: options.query, accept: representation.accept(isList: false),
            timeout: deadline, label: label("watch"))
        let response = try await client.stream(request, idleTimeout: options.idleTimeout)
        return WatchStream(response: response, label: request.label)
    }
}
