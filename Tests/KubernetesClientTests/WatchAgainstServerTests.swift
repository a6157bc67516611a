// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchAgainstServerTests {
    private func names(_ stream: WatchStream<ConfigMap>) async throws -> [String] {
        var names: [String] = []
        for try await event in stream {
            switch event {
            case .added(let object), .modified(let object), .deleted(let object): names.append(object.metadata.name)
            case .bookmark(let version, _): names.append("bookmark \(version)")
            case .error(let status): names.append("error \(status.code)")
            case .undecodable(let poison, _): names.append("poison \(poison.metadata.name)")
            case .unknown(let type): names.append("unknown \(type)")
            }
        }
        return names
    }

    private static func stream() -> [UInt8] {
        var poison = configMapValue("bad", version: 3)
        poison["data"] = 5
        let events = [
            eventValue("ADDED", configMapValue("é😀", version: 1)), eventValue("ADDED", poison),
            eventValue("BOOKMARK", ["metadata": ["resourceVersion": "7"]]),
            eventValue("DELETED", configMapValue("b", version: 8)), eventValue("ERROR", statusValue(410, "Expired")),
        ]
        return events.flatMap { $0.encoded() + [10] }
    }

    @Test(arguments: [1, 7, 1 << 20])
    func `events arrive however the bytes are cut`(size: Int) async throws {
        let bytes = Self.stream()
        let chunks = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        try await ScriptedServer.run({ _ in .watch(chunks) }) { server in
            let watch = try await server.client().resource(ConfigMap.self).watch(
                WatchOptions(resourceVersion: "5", timeout: .seconds(30)))
            let found1 = try await names(watch)
            #expect(found1 == ["é😀", "poison bad", "bookmark 7", "b", "error 410"])
            #expect(
                server.requestLines == [
                    "GET /api/v1/configmaps?watch=true&resourceVersion=5&timeoutSeconds=30&allowWatchBookmarks=true"
                ])
        }
    }

    @Test func `a large event in small pieces`() async throws {
        let event = eventValue(
            "ADDED", configMapValue("big", version: 1, data: ["k": String(repeating: "x", count: 1_400_000)]))
        let bytes = event.encoded() + [10]
        let chunks = stride(from: 0, to: bytes.count, by: 16_384).map {
            Array(bytes[$0..<min($0 + 16_384, bytes.count)])
        }
        try await ScriptedServer.run({ _ in .watch(chunks) }) { server in
            let watch = try await server.client().resource(ConfigMap.self).watch()
            let found2 = try await names(watch)
            #expect(found2 == ["big"])
        }
    }

    /// As a proxy does that closes a connection in order although a message is not over.
    @Test func `an end inside a message is an error, so that the watch is resumed`() async throws {
        let whole = eventValue("ADDED", configMapValue("a", version: 1)).encoded() + [10]
        try await ScriptedServer.run({ _ in .watch([whole, Array(whole.prefix(20))]) }) { server in
            let watch = try await server.client().resource(ConfigMap.self).watch()
            var iterator = watch.makeAsyncIterator()
            guard case .added? = try await iterator.next() else {
                Issue.record("the whole event did not arrive")
                return
            }
            await #expect { try await iterator.next() } throws: { ($0 as? APIError)?.reason == .transport }
        }
    }

    @Test func `a connection cut in the middle of an event loses nothing before it`() async throws {
        struct Cut: Error {}
        let whole = eventValue("ADDED", configMapValue("a", version: 1)).encoded() + [10]
        let handler: ScriptedServer.Handler = { _ in
            .stream(contentType: "application/json") { writer in
                try await writer.write(whole + whole.prefix(20))
                throw Cut()
            }
        }
        try await ScriptedServer.run(handler) { server in
            let watch = try await server.client().resource(ConfigMap.self).watch()
            var iterator = watch.makeAsyncIterator()
            guard case .added? = try await iterator.next() else {
                Issue.record("the whole event did not arrive")
                return
            }
            await #expect { try await iterator.next() } throws: { ($0 as? APIError)?.reason == .transport }
        }
    }

    @Test(arguments: [
        (410, "Expired", APIError.Reason.expired), (429, "TooManyRequests", .tooManyRequests), (403, "", .forbidden),
    ])
    func `a watch may be refused at once`(code: Int, name: String, reason: APIError.Reason) async throws {
        try await ScriptedServer.run({ _ in .failure(code, name, headers: ["Retry-After": "2"]) }) { server in
            await #expect {
                try await server.client().resource(ConfigMap.self).watch()
            } throws: { error in
                (error as? APIError)?.reason == reason && (error as? APIError)?.retryAfter == .seconds(2)
            }
        }
    }

    @Test func `silence ends a watch`() async throws {
        let first = eventValue("ADDED", configMapValue("a", version: 1))
        try await ScriptedServer.run({ _ in .endlessWatch(first) }) { server in
            let watch = try await server.client().resource(ConfigMap.self).watch(
                WatchOptions(timeout: .seconds(300), idleTimeout: .seconds(3)))
            var iterator = watch.makeAsyncIterator()
            _ = try await iterator.next()
            await #expect { try await iterator.next() } throws: { ($0 as? APIError)?.reason == .transport }
        }
    }

    @Test func `what is not JSON ends a watch with an error`() async throws {
        try await ScriptedServer.run({ _ in .watch([Array("<html>\n".utf8)]) }) { server in
            let watch = try await server.client().resource(ConfigMap.self).watch()
            await #expect { try await names(watch) } throws: { ($0 as? APIError)?.reason == .undecodable }
        }
    }
}
