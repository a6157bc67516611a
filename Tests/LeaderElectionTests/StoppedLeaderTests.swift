// SPDX-License-Identifier: MIT
import ChildProcesses
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesTestSupport
import Synchronization
import SystemCalls
import Testing

/// Elections between real processes, of which one is stopped, cut off or asked to end.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StoppedLeaderTests {
    /// The API server of the test: one lease with optimistic locking, and a record of who wrote when.
    private final class Server: Sendable {
        struct Write: Sendable {
            var by: String
            var at: ContinuousClock.Instant
        }

        private struct State: Sendable {
            var lease: JSONValue?
            var version = 0
            var writes: [Write] = []
            var renewals: [Write] = []
            var silentFor = ""
        }

        private let state = Mutex(State())

        var writes: [Write] { state.withLock { $0.writes } }
        var holder: String? { state.withLock { $0.lease?.at("spec", "holderIdentity")?.stringValue } }
        var renewals: [Write] { state.withLock { $0.renewals } }

        func count(_ name: String) -> Int { writes.count { $0.by == name } }

        /// Leaves this process's requests about the lease without an answer.
        func cutOff(_ name: String) { state.withLock { $0.silentFor = name } }

        func answer(_ request: ServerRequest) async -> ServerResponse {
            let name = request.headers["User-Agent"] ?? ""
            let body = (try? JSONValue.parse(request.body)) ?? .null
            if request.rawTarget.contains("configmaps") {
                state.withLock { $0.writes.append(Write(by: name, at: .now)) }
                return .json(["kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": "written"]])
            }
            if state.withLock({ $0.silentFor }) == name {
                try? await Task.sleep(for: .seconds(30))
                return .failure(500, "InternalError")
            }
            return state.withLock { state -> ServerResponse in
                if request.method == .get { return state.lease.map { .json($0) } ?? .failure(404, "NotFound") }
                let version = state.lease?.at("metadata", "resourceVersion")
                guard request.method == .post ? state.lease == nil : version == body.at("metadata", "resourceVersion")
                else { return .failure(409, "Conflict") }
                state.version += 1
                state.renewals.append(Write(by: name, at: .now))
                var lease = body
                lease.setValue(.string(String(state.version)), at: ["metadata", "resourceVersion"])
                state.lease = lease
                return .json(lease)
            }
        }
    }

    private func start(_ name: String, _ server: ScriptedServer) async throws -> RunningProcess {
        let program = "\(Files.directory(of: try Files.executablePath()))/leader-probe"
        return try await ChildProcess.spawn(
            .init(
                executable: program, arguments: [server.url, name], environment: ProcessIdentity.environment,
                closeOnParentDeath: true))
    }

    private func withServer(_ body: @Sendable (Server, ScriptedServer) async throws -> Void) async throws {
        let server = Server()
        try await ScriptedServer.run({ await server.answer($0) }) { try await body(server, $0) }
    }

    @Test func `a stopped leader that wakes after another took over writes nothing and ends`() async throws {
        try await withServer { server, scripted in
            let first = try await start("a", scripted)
            defer { first.terminate() }
            #expect(await eventually { server.count("a") > 5 })
            let second = try await start("b", scripted)
            defer { second.terminate() }

            first.signal(.stop)
            #expect(await eventually { server.count("b") > 5 })
            let before = server.count("a")
            let woken = ContinuousClock.now
            first.signal(.resume)
            #expect(await first.wait() == 1)
            #expect(ContinuousClock.now - woken < .seconds(5))
            #expect(server.count("a") == before)
            #expect(first.collected.errors.isEmpty == false)
            #expect(String(decoding: first.collected.errors, as: UTF8.self).contains("the lease system/probe is lost"))
            // Not a moment at which both could write.
            let lastOfFirst = try #require(server.writes.last { $0.by == "a" })
            let firstOfSecond = try #require(server.writes.first { $0.by == "b" })
            #expect(lastOfFirst.at < firstOfSecond.at)
        }
    }

    @Test func `a leader that is cut off stops before the next one starts`() async throws {
        try await withServer { server, scripted in
            let first = try await start("a", scripted)
            defer { first.terminate() }
            #expect(await eventually { server.count("a") > 5 })
            let second = try await start("b", scripted)
            defer { second.terminate() }
            // It waits for the lease; until then nobody would take over.
            #expect(await eventually { server.renewals.count > 2 })

            server.cutOff("a")
            #expect(await first.wait() == 1)
            #expect(await eventually { server.count("b") > 5 })
            let renewed = try #require(server.renewals.last { $0.by == "a" })
            let lastOfFirst = try #require(server.writes.last { $0.by == "a" })
            let firstOfSecond = try #require(server.writes.first { $0.by == "b" })
            // By the start of the last renewal, which is earlier than its arrival here.
            #expect(lastOfFirst.at - renewed.at < .milliseconds(2500))
            #expect(firstOfSecond.at - renewed.at > .milliseconds(2900))
            #expect(lastOfFirst.at < firstOfSecond.at)
        }
    }

    @Test func `a leader that is asked to end gives the lease up, and the next one starts at once`() async throws {
        try await withServer { server, scripted in
            let first = try await start("a", scripted)
            defer { first.terminate() }
            #expect(await eventually { server.count("a") > 5 })
            let second = try await start("b", scripted)
            defer { second.terminate() }
            first.signal(.terminate)
            #expect(await first.wait() == 0)
            let ended = ContinuousClock.now
            #expect(await eventually { server.count("b") > 0 })
            // One poll of at most 1.1 s, not the three seconds of the lease; with room for a busy machine.
            #expect(ContinuousClock.now - ended < .milliseconds(2900))
            second.signal(.terminate)
            #expect(await second.wait() == 0)
            #expect(server.holder == "")
        }
    }
}
