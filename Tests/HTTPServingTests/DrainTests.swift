// SPDX-License-Identifier: MIT
import Foundation
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    /// A server that the test stops itself.
    private struct Running {
        let server: HTTPServer
        let task: Task<Void, any Error>
        let port: Int

        init(_ configuration: ServerConfiguration = .init(), handler: @escaping HTTPServer.Handler) async throws {
            server = HTTPServer(configuration: configuration, logger: .disabled, handler: handler)
            task = Task { [server] in try await server.run() }
            port = try await server.waitUntilListening()
        }
    }

    @Test func idleServerStopsAtOnce() async throws {
        var configuration = ServerConfiguration()
        configuration.drainPeriod = .seconds(50)
        let running = try await Running(configuration) { _ in .text("ok") }
        let idle = try await RawClient(port: running.port)
        try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try await idle.receive(until: "ok")
        let start = ContinuousClock.now
        running.task.cancel()
        try await running.task.value
        #expect(ContinuousClock.now - start < .seconds(40))
        #expect(try await idle.receive().isEmpty)
        await #expect(throws: (any Error).self) { try await RawClient(port: running.port) }
    }

    @Test func openStreamsEndWhole() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let running = try await Running { _ in
            .stream(contentType: "text/plain") { writer in
                try await writer.write([0x61])
                start.yield()
                try await Task.sleep(for: .seconds(50))
            }
        }
        let clients = try await (0..<20).asyncMap { _ in
            let client = try await RawClient(port: running.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        var iterator = started.makeAsyncIterator()
        for _ in clients { await iterator.next() }
        running.task.cancel()
        for client in clients {
            let all = try await client.receiveAll()
            #expect(all.hasSuffix("1\r\na\r\n0\r\n\r\n"), "\(all)")
        }
        try await running.task.value
    }

    @Test func requestInFlightIsAnswered() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let running = try await Running { _ in
            start.yield()
            for await _ in released { break }
            return .text(Task.isCancelled ? "cancelled" : "finished")
        }
        let client = try await RawClient(port: running.port)
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for await _ in started { break }
        running.task.cancel()
        release.yield()
        // Returns because the server closes the connection after the answer.
        let answer = try await client.receiveAll()
        #expect(answer.hasSuffix("finished"), "\(answer)")
        try await running.task.value
    }

    @Test func whatTakesTooLongIsCutOff() async throws {
        var configuration = ServerConfiguration()
        configuration.drainPeriod = .milliseconds(100)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let running = try await Running(configuration) { request in
            if request.path == "/stream" {
                return .stream(contentType: "text/plain") { writer in
                    try await writer.write([0x61])
                    start.yield()
                    // Deaf to the drain, not to the end of the world.
                    try? await Task.sleep(for: .seconds(50))
                }
            }
            start.yield()
            try? await Task.sleep(for: .seconds(50))
            return .text("too late")
        }
        let (slow, stream) = (try await RawClient(port: running.port), try await RawClient(port: running.port))
        try await slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        try await stream.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        // Half a request: nothing to answer.
        let half = try await RawClient(port: running.port)
        try await half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        var iterator = started.makeAsyncIterator()
        await iterator.next()
        await iterator.next()
        let begin = ContinuousClock.now
        running.task.cancel()
        try await running.task.value
        #expect(ContinuousClock.now - begin < .seconds(40))
        #expect(!(try await slow.receiveAll()).contains("too late"))
        #expect(try await half.receiveAll() == "")
    }

    @Test func cancelledBeforeItRanItStopsTidily() async throws {
        let server = HTTPServer(configuration: .init(), logger: .disabled) { _ in .text("") }
        let task = Task { try await server.run() }
        task.cancel()
        try await task.value
        #expect(server.connectionCount == 0)
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var result: [T] = []
        for element in self { result.append(try await transform(element)) }
        return result
    }
}
