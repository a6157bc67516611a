// SPDX-License-Identifier: MIT
import FaultProxy
import HTTPServing
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import Testing

@Suite(.timeLimit(.minutes(1))) struct FaultProxyTests {
    /// An HTTP server that answers a million bytes, and a proxy in front of it.
    private func withProxy(_ body: (FaultProxy, HTTPClient, ClientRequest) async throws -> Void) async throws {
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { _ in
            .text(String(repeating: "x", count: 1_000_000))
        }
        let serving = Task { try await server.run() }
        let proxy = try FaultProxy(target: try await server.waitUntilListening())
        let proxying = Task { try await proxy.run() }
        let http = HTTPClient()
        do {
            try await body(proxy, http, ClientRequest(url: "http://127.0.0.1:\(proxy.port)/", timeout: .seconds(20)))
        } catch {
            Issue.record(error)
        }
        http.shutdown()
        proxying.cancel()
        try await proxying.value
        serving.cancel()
        _ = try? await serving.value
    }

    @Test func `carries bytes both ways and counts them`() async throws {
        try await withProxy { proxy, http, request in
            let answer = try await http.send(request)
            #expect(answer.body.count == 1_000_000)
            let statistics = await proxy.statistics()
            #expect(statistics.accepted == 1 && statistics.open == 1)
            #expect(statistics.bytesToClient > 1_000_000 && statistics.bytesToServer > 20)
        }
    }

    @Test(arguments: [Fault.chunked(16 << 10), .chunked(100), .throttled(bytesPerSecond: 4_000_000)])
    func `split and slowed answers arrive whole`(_ fault: Fault) async throws {
        try await withProxy { proxy, http, request in
            await proxy.set(Faults(toClient: fault))
            let answer = try await http.send(request)
            #expect(answer.body.count == 1_000_000)
        }
    }

    @Test func `a delay makes answers late`() async throws {
        try await withProxy { proxy, http, request in
            await proxy.set(.both(.delayed(.milliseconds(150))))
            let start = ContinuousClock.now
            _ = try await http.send(request)
            #expect(ContinuousClock.now - start >= .milliseconds(300))
        }
    }

    @Test(arguments: [Fault.Cut.close, .reset])
    func `a cut in the middle of an answer is an error at the client`(_ cut: Fault.Cut) async throws {
        try await withProxy { proxy, http, request in
            await proxy.set(Faults(toClient: .truncated(afterBytes: 5000, cut)))
            let error = await #expect(throws: HTTPClientError.self) { try await http.send(request) }
            #expect(error?.code != .timeout)
            let statistics = await proxy.statistics()
            #expect(statistics.bytesToClient == 5000)
            await proxy.heal()
            let answer = try await http.send(request)
            #expect(answer.status == .ok)
        }
    }

    @Test(arguments: [
        Faults.both(.blackHole), Faults(toServer: .blackHole), Faults(toClient: .blackHole),
    ])
    func `a black hole is silence, and what was lost arrives when it is gone`(_ faults: Faults) async throws {
        try await withProxy { proxy, http, request in
            _ = try await http.send(request)
            await proxy.set(faults)
            var impatient = request
            impatient.timeout = .milliseconds(200)
            let error = await #expect(throws: HTTPClientError.self) { try await http.send(impatient) }
            #expect(error?.code == .timeout)
            // A connection of its own: the first one ended with its request.
            async let late = http.send(request)
            while await proxy.statistics().accepted < 2 { await Task.yield() }
            await proxy.heal()
            let answer = try await late
            #expect(answer.body.count == 1_000_000)
        }
    }

    @Test func `connections that are there can be treated apart from those that come`() async throws {
        try await withProxy { proxy, http, request in
            _ = try await http.send(request)
            await proxy.set(.both(.blackHole), for: .existing)
            let other = HTTPClient()
            let answer = try await other.send(request)
            #expect(answer.status == .ok)
            other.shutdown()
            await proxy.set(.none, for: .existing)
            let healed = try await http.send(request)
            #expect(healed.status == .ok)
        }
    }

    @Test func `resets what is there and refuses what comes`() async throws {
        try await withProxy { proxy, http, request in
            _ = try await http.send(request)
            await proxy.cut(.reset)
            #expect(await proxy.statistics().open == 0)
            await proxy.admit(.refuse)
            await #expect(throws: HTTPClientError.self) { try await http.send(request) }
            #expect(await proxy.statistics().refused > 0)
            await proxy.admit(.connect)
            let answer = try await http.send(request)
            #expect(answer.status == .ok)
        }
    }

    @Test func `connections lead elsewhere after a redirection`() async throws {
        let other = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { _ in .text("other") }
        let serving = Task { try await other.run() }
        let port = try await other.waitUntilListening()
        try await withProxy { proxy, http, request in
            await proxy.redirect(to: port)
            let answer = try await http.send(request)
            #expect(answer.body == Array("other".utf8))
        }
        serving.cancel()
        _ = try? await serving.value
    }

    @Test func `ends with open connections, and answers commands afterwards`() async throws {
        let proxy = try FaultProxy(target: 1)
        let running = Task { try await proxy.run() }
        await proxy.set(.both(.blackHole))
        running.cancel()
        try await running.value
        await proxy.heal()
        #expect(await proxy.statistics().open == 0)
    }
}
