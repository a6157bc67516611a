// SPDX-License-Identifier: MIT
import Foundation
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamingTests {
    @Test func piecesArriveWhenTheyAreWritten() async throws {
        let (pieces, feed) = AsyncStream.makeStream(of: String.self)
        try await withServer(handler: { _ in
            .stream(contentType: "text/plain") { writer in
                for await piece in pieces { try await writer.write(Array(piece.utf8)) }
            }
        }) { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            feed.yield("first")
            let head = try await client.receive(until: "first")
            #expect(head.contains("Connection: close") && head.contains("Content-Type: text/plain"), "\(head)")
            feed.yield("second")
            #expect(try await client.receive(until: "second").contains("second"))
            feed.finish()
            // The end is a chunk of length zero: the client can tell it from a cut.
            #expect(try await client.receiveAll().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func aHundredClientsGetEveryEvent() async throws {
        let hub = Hub()
        try await withServer(handler: { _ in
            .stream(contentType: "application/json") { writer in
                for await event in hub.subscribe() { try await writer.write(Array(event.utf8)) }
            }
        }) { port, _ in
            let url = "http://127.0.0.1:\(port)/"
            let output = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let client = try await RawClient(port: port)
                        try await client.send("GET / HTTP/1.0\r\n\r\n")
                        return try await client.receiveAll()
                    }
                }
                group.addTask { await curl(url).output }
                // Beside the clients: one that cannot connect ends the test with its error, instead of never being counted.
                group.addTask {
                    try await hub.waitForSubscribers(101)
                    for number in 0..<200 { hub.publish("event \(number)\n") }
                    hub.finish()
                    return nil
                }
                return try await group.reduce(into: [String]()) { if let output = $1 { $0.append(output) } }
            }
            let expected = (0..<200).map { "event \($0)\n" }.joined()
            #expect(output.count == 101)
            #expect(output.allSatisfy { $0.hasSuffix(expected) })
        }
    }

    @Test func slowReaderHoldsTheWriterBack() async throws {
        let written = Mutex(0)
        let total = 64 << 20
        try await withServer {
            $0.streamBufferBytes = 64 << 10
        } handler: { _ in
            .stream(contentType: "text/plain") { writer in
                let piece = [UInt8](repeating: 0x61, count: 32 << 10)
                for _ in 0..<(total / piece.count) {
                    try await writer.write(piece)
                    written.withLock { $0 += piece.count }
                }
            }
        } body: { port, _ in
            let client = try await RawClient(port: port)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            var received = try await client.receive(1024).count
            // What is under way is what the kernel buffers plus ours, whatever the client leaves unread.
            await settled { written.withLock { $0 } }
            #expect(written.withLock { $0 } < 32 << 20)
            while case let piece = try await client.receive(1 << 20), !piece.isEmpty { received += piece.count }
            #expect(received > total && received < total + 1000)
            #expect(written.withLock { $0 } == total)
        }
    }

    @Test func writerIsCancelledWhenTheClientLeaves() async throws {
        let (ends, end) = AsyncStream.makeStream(of: String.self)
        try await withServer(handler: { request in
            .stream(contentType: "text/plain") { writer in
                try await writer.write([0x61])
                do {
                    // A watch without events: nothing is written, so only the server can notice.
                    if request.path == "/quiet" { try await Task.sleep(for: .seconds(50)) }
                    while true { try await writer.write([UInt8](repeating: 0x61, count: 1000)) }
                } catch {
                    end.yield("\(type(of: error))")
                    throw error
                }
            }
        }) { port, _ in
            var iterator = ends.makeAsyncIterator()
            for path in ["/quiet", "/busy"] {
                let client = try await RawClient(port: port)
                try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.receive(until: "a")
                client.shutdown()
                let error = await iterator.next()
                #expect(error == "CancellationError" || error == "ClientGone", "\(path)")
            }
        }
    }

    @Test func failureCutsTheContentShort() async throws {
        struct Broken: Error {}
        try await withServer(handler: { _ in
            .stream(contentType: "text/plain") { writer in
                try await writer.write(Array("half".utf8))
                throw Broken()
            }
        }) { port, _ in
            let (code, output) = await curl("http://127.0.0.1:\(port)/")
            #expect(code != 0 && output.contains("half"), "\(code) \(output)")
        }
    }

    @Test func emptyStreamAndHeadAreWhole() async throws {
        try await withServer(handler: { _ in .stream(contentType: "text/plain") { _ in } }) { port, _ in
            let url = "http://127.0.0.1:\(port)/"
            let (code, output) = await curl("-w", "%{http_code} %{size_download}", url)
            #expect(code == 0 && output == "200 0", "\(output)")
            #expect(await curl("-I", url).code == 0)
        }
    }

    /// Returns when `value` has stopped to change for a while.
    private func settled(_ value: @Sendable () -> Int) async {
        var last = -1
        while case let now = value(), now != last {
            last = now
            try? await Task.sleep(for: .milliseconds(150))
        }
    }
}

/// Publishes events to any number of subscribers.
private final class Hub: Sendable {
    private struct State {
        var subscribers: [AsyncStream<String>.Continuation] = []
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func subscribe() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        let ready = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.subscribers.append(continuation)
            guard let waiting = state.waiting, state.subscribers.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        ready?.resume()
        return stream
    }

    func waitForSubscribers(_ count: Int) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.subscribers.count >= count || Task.isCancelled { return true }
                    state.waiting = (count, continuation)
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.1.resume()
        }
        try Task.checkCancellation()
    }

    func publish(_ event: String) {
        for subscriber in state.withLock({ $0.subscribers }) { subscriber.yield(event) }
    }

    func finish() {
        for subscriber in state.withLock({ $0.subscribers }) { subscriber.finish() }
    }
}
