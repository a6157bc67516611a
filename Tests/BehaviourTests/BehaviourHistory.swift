// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    /// Versions of the past and of the future, and what becomes of those that are gone.
    ///
    /// One after the other: two of them end what another one asks for.
    @Suite(.serialized) struct BehaviourHistory {
        private static let size: JSONValue = ["size": ["type": "integer"]]

        @Test func `a watch from before a type's history is expired in the stream`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(Self.size)
            var events: [JSONValue] = []
            // A server that still makes the type's cache says so with 429.
            try await cluster.untilTrue("the type can be watched") {
                do {
                    events = try await cluster.events(type.path(), "resourceVersion=1&timeoutSeconds=5")
                    return true
                } catch let error as APIError {
                    #expect(error.reason == .tooManyRequests, "\(error)")
                    return false
                }
            }
            #expect(events.count == 1 && events[0]["type"] == "ERROR")
            let status = events[0]["object"]
            #expect(status?["kind"] == "Status" && status?["code"] == 410 && status?["reason"] == "Expired")
            #expect(status?["message"]?.stringValue?.hasPrefix("too old resource version: 1 (") == true)
        }

        @Test func `a list of a version that was compacted is gone`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(Self.size)
            try await cluster.compactHistory()
            let error = await refused(.expired) {
                try await cluster.raw(.get, type.path(), "resourceVersion=1&resourceVersionMatch=Exact")
            }
            #expect(error?.status?.rawValue == 410)
            #expect(error?.message.contains("The resourceVersion for the provided list is too old.") == true)
        }

        @Test func `a continuation of a compacted list is gone, and says how to go on`() async throws {
            let cluster = try TestCluster.current
            let type = try await cluster.defineType(Self.size)
            let namespace = try await cluster.makeNamespace()
            for name in ["a", "b"] {
                _ = try await cluster.admin.objects(type, namespace: namespace).create(DynamicObject(type, name: name))
            }
            try await cluster.compactHistory()
            let path = type.path(namespace: namespace)
            let error = await refused(.expired) {
                try await cluster.raw(.get, path, "limit=1&continue=\(continueToken(revision: 1, after: "a"))")
            }
            #expect(error?.status?.rawValue == 410)
            #expect(error?.message.contains("The provided continue parameter is too old") == true)
            // Version -1 is "now": the rest, though not of the moment of the first page.
            let rest = try await cluster.rawJSON(.get, path, "continue=\(continueToken(revision: -1, after: "a"))")
            #expect(rest["items"]?.arrayValue?.compactMap { $0.at("metadata", "name")?.stringValue } == ["b"])
        }

        @Test func `the past can be listed exactly`() async throws {
            let cluster = try TestCluster.current
            let namespace = try await cluster.makeNamespace()
            let secrets = cluster.admin.objects(.secret, namespace: namespace)
            _ = try await secrets.create(DynamicObject(.secret, name: "a"))
            let then = try await secrets.create(DynamicObject(.secret, name: "b")).metadata.resourceVersion
            _ = try await secrets.create(DynamicObject(.secret, name: "c"))
            try await secrets.delete("a")
            let past = try await secrets.list(
                ListOptions(resourceVersion: then, resourceVersionMatch: "Exact"))
            #expect(past.items.map(\.metadata.name) == ["a", "b"] && past.resourceVersion == then)
            let now = try await secrets.list(
                ListOptions(resourceVersion: then, resourceVersionMatch: "NotOlderThan"))
            #expect(now.items.map(\.metadata.name) == ["b", "c"])
        }

        @Test func `a version from the future is waited for, then refused`() async throws {
            let cluster = try TestCluster.current
            let path = ResourceType.secret.path(namespace: try await cluster.makeNamespace())
            let far = "resourceVersion=9000000000"
            async let events = cluster.events(
                path, "\(far)&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
            async let silence = cluster.events(path, "\(far)&timeoutSeconds=1")
            let start = ContinuousClock.now
            let error = await refused(.timeout) { try await cluster.raw(.get, path, far) }
            #expect(ContinuousClock.now - start > .seconds(2))
            #expect(error?.status?.rawValue == 504 && error?.isResourceVersionTooLarge == true)
            #expect(error?.retryAfter == .seconds(1))
            // In a watch that streams what exists it is an event; a plain watch just waits.
            let status = try #require(try await events.first)
            #expect(status["type"] == "ERROR" && status.at("object", "code") == 504)
            #expect(status.at("object", "details", "causes")?[0]?["reason"] == "ResourceVersionTooLarge")
            #expect(try await silence == [])
        }

        @Test func `versions and limits that are no numbers are refused`() async throws {
            let cluster = try TestCluster.current
            let path = ResourceType.secret.path(namespace: try await cluster.makeNamespace())
            await refused(.badRequest) { try await cluster.raw(.get, path, "resourceVersion=abc") }
            await refused(.badRequest) { try await cluster.raw(.get, path, "limit=abc") }
            await refused(.badRequest) { try await cluster.raw(.get, path, "watch=1&timeoutSeconds=abc") }
            await refused(.badRequest) { try await cluster.raw(.get, path, "continue=abc") }
        }

        @Test(arguments: [
            ("watch=1&sendInitialEvents=true", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
            ("watch=1&sendInitialEvents=true&resourceVersionMatch=Exact", "supported values: \"NotOlderThan\""),
            ("watch=1&resourceVersionMatch=NotOlderThan", "forbidden for watch unless sendInitialEvents is provided"),
            ("sendInitialEvents=true", "sendInitialEvents is forbidden for list"),
            ("resourceVersionMatch=Exact", "forbidden unless resourceVersion is provided"),
            ("resourceVersionMatch=Exact&resourceVersion=0", "is forbidden for resourceVersion \"0\""),
            ("resourceVersionMatch=x&resourceVersion=1", "Unsupported value: \"x\""),
        ])
        func `options that contradict each other are refused`(_ query: String, _ words: String) async throws {
            let cluster = try TestCluster.current
            let path = ResourceType.secret.path(namespace: "default")
            let error = await refused(.invalid) { try await cluster.raw(.get, path, query) }
            #expect(error?.message.contains("ListOptions.meta.k8s.io \"\" is invalid") == true)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }

        @Test func `bookmarks come before the end of a watch that wants them`() async throws {
            let cluster = try TestCluster.current
            let path = ResourceType.secret.path(namespace: try await cluster.makeNamespace())
            async let plain = cluster.events(path, "timeoutSeconds=4")
            let events = try await cluster.events(path, "timeoutSeconds=4&allowWatchBookmarks=true")
            #expect(events.last?["type"] == "BOOKMARK" && events.last?.at("object", "kind") == "Secret")
            #expect(events.last?.at("object", "metadata", "resourceVersion")?.stringValue?.isEmpty == false)
            #expect(try await plain == [])
        }
    }
}
