// SPDX-License-Identifier: MIT
import FaultProxy
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// A connection that is open, and dead: no FIN, no RST, no event, for ever.
    @Suite struct FailureMode01HalfOpenWatch {
        struct Case: Sendable, CustomTestStringConvertible {
            var faults: Faults
            var http2: Bool
            var testDescription: String {
                "\(faults.toServer.isBlackHole ? "both directions" : "server to client") HTTP/\(http2 ? 2 : 1)"
            }
        }

        // The embedded server speaks HTTP/1.1 alone.
        static let cases: [Case] = (FaultCluster.asksRealCluster ? [true, false] : [false]).flatMap { http2 in
            [Faults.both(.blackHole), Faults(toClient: .blackHole)].map { Case(faults: $0, http2: http2) }
        }

        @Test(arguments: cases)
        func `what changed behind a black hole is in the cache after the idle time`(_ test: Case) async throws {
            try await FaultCluster.run { cluster in
                try await cluster.create("a")
                let cache = FollowedCache(
                    try cluster.client("informer", http2: test.http2), namespace: cluster.namespace)
                try await cache.run {
                    try await cache.expectTruth(cluster)
                    try await cluster.update("a", "before")
                    try await cache.expectTruth(cluster)
                    let before = try cluster.requests(of: "informer")
                    let known = try #require(ResourceVersion(cache.informer.store.resourceVersion))

                    await cluster.proxy.set(test.faults, for: .existing)
                    try await cluster.update("a", "behind")
                    try await cluster.create("b")
                    try await cache.expectTruth(cluster)

                    let after = try cluster.requests(of: "informer").dropFirst(before.count)
                    #expect(after.allSatisfy { $0.isResume }, "it only resumes: \(after.map(\.target))")
                    // A bookmark may have come between the look at the version and the black hole.
                    let resumed = after.compactMap { ResourceVersion($0.query("resourceVersion") ?? "") }
                    #expect(resumed.count == after.count && resumed.allSatisfy { $0 >= known }, "from the last version")
                    // A second one where the first went over another connection that was just as dead.
                    #expect((1...2).contains(after.count), "\(after.map(\.target))")
                }
            }
        }

        @Test func `a frozen server is found again when it goes on`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                try await cluster.create("a")
                let cache = FollowedCache(try cluster.client("informer"), namespace: cluster.namespace)
                try await cache.run {
                    try await cache.expectTruth(cluster)
                    let before = try cluster.requests(of: "informer").count
                    await cluster.freeze()
                    try await cluster.eventually("the watch counts as dead") { cache.informer.problem != nil }
                    await cluster.resume()
                    try await cluster.update("a", "after")
                    try await cache.expectTruth(cluster)
                    let after = try cluster.requests(of: "informer").dropFirst(before)
                    #expect(after.allSatisfy { $0.isResume }, "\(after.map(\.target))")
                    // Attempts that waited in the frozen server's queue are answered after it, too.
                    #expect(after.count <= 4, "\(after.map(\.target))")
                }
            }
        }

        @Test(arguments: [ResourceType.configMap, .event])
        func `a watch without changes is not taken for dead`(_ type: ResourceType) async throws {
            // A real server sends bookmarks once a minute: there it takes the default patience, and its time.
            let isReal = FaultCluster.asksRealCluster
            var timing = ReflectorTiming()
            if !isReal { timing.idle = .seconds(2) }
            try await FaultCluster.run(bookmarkInterval: .milliseconds(300)) { [timing] cluster in
                let informer = Informer(
                    resource: try cluster.client("informer").objects(type, namespace: cluster.namespace),
                    scopes: [CacheScope(namespace: cluster.namespace)], timing: timing)
                let running = Task { try await informer.run() }
                try await informer.waitUntilSynced()
                let quiet = isReal ? FaultSize.pick(Duration.seconds(85), full: .seconds(600)) : .seconds(4)
                try await Task.sleep(for: quiet)
                running.cancel()
                try await running.value
                let watches = try cluster.requests(of: "informer").filter(\.isResume)
                // Whether a server sends bookmarks about events is its own affair: without, one new watch each
                // idle time is the bound.
                let silences = isReal && type == .event ? 1 + Int(quiet / timing.idle) : 0
                let ends = Int(quiet / timing.minimumWatch)
                #expect(watches.count <= 1 + ends + silences, "\(watches.map(\.target))")
            }
        }

        @Test func `the defaults`() {
            let timing = ReflectorTiming()
            #expect(timing.idle == .seconds(75), "bookmarks come each minute")
            #expect(timing.minimumWatch == .seconds(300) && timing.maximumWatch == .seconds(600))
        }
    }
}
