// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import ServiceRuntime
import Testing

/// The library ends the process when it is stopped with a suspended connection, so stopping is tried in the thick of
/// requests.
@Suite(.timeLimit(.minutes(1))) struct StopUnderLoadTests {
    @Test(arguments: [Duration.zero, .milliseconds(50), .seconds(2)])
    func serverStopsWhileRequestsArrive(drainPeriod: Duration) async throws {
        for round in 0..<3 {
            var configuration = ServerConfiguration()
            configuration.drainPeriod = drainPeriod
            let server = HTTPServer(configuration: configuration, logger: .disabled) { request in
                await Task.yield()
                guard request.path == "/stream" else { return .text("hello\n") }
                return .stream(contentType: "text/plain") { writer in
                    while true { try await writer.write([UInt8](repeating: 0x61, count: 8 << 10)) }
                }
            }
            let running = Task { try await server.run() }
            let port = try await server.waitUntilListening()
            await withDiscardingTaskGroup { group in
                let (answers, answered) = AsyncStream.makeStream(of: Void.self)
                for number in 0..<8 {
                    group.addTask {
                        // Ends with the first refused connection or broken one, which is what stopping looks like.
                        while let client = try? await RawClient(port: port, receiveTimeout: 10) {
                            let path = number % 3 == 0 ? "/stream" : "/"
                            let requests = String(repeating: "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n", count: 5)
                            guard (try? await client.send(requests)) == true else { break }
                            guard let bytes = try? await client.receive(), !bytes.isEmpty else { break }
                            answered.yield()
                        }
                    }
                }
                var iterator = answers.makeAsyncIterator()
                for _ in 0..<(20 + round * 5) { await iterator.next() }
                running.cancel()
                try? await running.value
            }
            #expect(server.connectionCount == 0)
        }
    }
}
