// SPDX-License-Identifier: MIT
import Cryptography
import HTTPServing
import HTTPTypes
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct StreamingTests {
    @Test func chunksArriveAsTheyAreWritten() async throws {
        let read = AsyncStream.makeStream(of: Void.self)
        let handler: HTTPServer.Handler = { _ in
            .stream(contentType: "text/plain") { writer in
                var reads = read.stream.makeAsyncIterator()
                for number in 1...3 {
                    try await writer.write(Array("event \(number)\n".utf8))
                    // The next one is written only after this one was read: buffering anywhere would hang the test.
                    _ = await reads.next()
                }
            }
        }
        try await withServer(handler: handler) { url in
            let response = try await HTTPClient().stream(ClientRequest(url: url, timeout: nil))
            #expect(response.status == .ok && response.headers["Content-Type"] == "text/plain")
            var seen: [String] = []
            for try await chunk in response.body {
                seen.append(String(decoding: chunk, as: UTF8.self))
                read.continuation.yield()
            }
            #expect(seen == ["event 1\n", "event 2\n", "event 3\n"])
        }
    }

    @Test func aReaderThatWaitsHoldsTheWriterAndLosesNothing() async throws {
        // Several times what kernel and client may buffer.
        let total = 32 << 20
        let written = Shared(0)
        let handler: HTTPServer.Handler = { request in
            guard request.path == "/large" else { return .text("small") }
            return .stream(contentType: "application/octet-stream") { writer in
                for index in 0..<(total >> 16) {
                    try await writer.write(Array(repeating: UInt8(truncatingIfNeeded: index), count: 1 << 16))
                    written.update { $0 += 1 << 16 }
                }
            }
        }
        try await withServer(handler: handler) { url in
            let client = HTTPClient()
            let response = try await client.stream(ClientRequest(url: "\(url)/large", timeout: nil))
            // A paused stream must not hold up others on the same thread.
            for _ in 0..<100 { _ = try await client.send(ClientRequest(url: "\(url)/small")) }
            #expect(written.value < total)
            var position = 0
            var isInOrder = true
            for try await chunk in response.body {
                let last = position + chunk.count - 1
                if chunk.first != UInt8(truncatingIfNeeded: position >> 16) { isInOrder = false }
                if chunk.last != UInt8(truncatingIfNeeded: last >> 16) { isInOrder = false }
                position += chunk.count
            }
            #expect(position == total && isInOrder)
        }
    }

    @Test func cancellingTheReaderEndsTheTransfer() async throws {
        let gone = Milestone()
        try await withServer(handler: Self.endless(gone)) { url in
            let client = HTTPClient()
            let begun = Milestone()
            let reader = Task {
                let response = try await client.stream(ClientRequest(url: url, timeout: nil))
                for try await _ in response.body { begun.reach() }
            }
            await begun.wait()
            reader.cancel()
            #expect(await HTTPClientError.code { try await reader.value } == .cancelled)
            await gone.wait()
        }
    }

    @Test func droppingTheResponseEndsTheTransfer() async throws {
        let gone = Milestone()
        try await withServer(handler: Self.endless(gone)) { url in
            let client = HTTPClient()
            do {
                let response = try await client.stream(ClientRequest(url: url, timeout: nil))
                #expect(response.status == .ok)
            }
            await gone.wait()
        }
    }

    @Test func theBodyKeepsItsClient() async throws {
        try await withServer(handler: { _ in .text(String(repeating: "y", count: 1 << 20)) }) { url in
            let body = try await HTTPClient().stream(ClientRequest(url: url)).body
            #expect(try await body.collect(maximumBytes: 1 << 20).count == 1 << 20)
        }
    }

    @Test func collectingStopsAtItsLimit() async throws {
        try await withServer(handler: { _ in .text(String(repeating: "y", count: 1 << 20)) }) { url in
            let body = try await HTTPClient().stream(ClientRequest(url: url)).body
            #expect(await HTTPClientError.code { try await body.collect(maximumBytes: 1000) } == .bodyTooLarge)
        }
    }

    /// Over HTTP/1 each stream holds a connection; more streams than the HTTP/2 limit must not shut out requests.
    @Test(arguments: [true, false]) func streamsDoNotStarveRequestsOverHTTP1(withTLS: Bool) async throws {
        let authority = try CertificateAuthority.create(commonName: "test")
        let identity = try authority.issueServer(names: ["localhost"], addresses: ["127.0.0.1"])
        let handler: HTTPServer.Handler = { request in
            request.path == "/small" ? .text("small") : await Self.endless(Milestone())(request)
        }
        try await withServer(tls: withTLS ? identity : nil, handler: handler) { url in
            let tls = TLSOptions(caPEM: authority.certificatePEM)
            let client = HTTPClient(configuration: .init(maximumConnectionsPerHost: 2))
            let streams = try await withThrowingTaskGroup(of: StreamingResponse.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await client.stream(ClientRequest(url: url, timeout: nil, tls: tls)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(try await client.send(ClientRequest(url: "\(url)/small", tls: tls)).status == .ok)
            withExtendedLifetime(streams) {}
        }
    }

    /// Writes one chunk, then waits until the client is gone.
    private static func endless(_ gone: Milestone) -> HTTPServer.Handler {
        { _ in
            .stream(contentType: "text/plain") { writer in
                defer { gone.reach() }
                try await writer.write(Array("first".utf8))
                let never = AsyncStream<Never> { _ in }
                for await _ in never {}
            }
        }
    }
}
