// SPDX-License-Identifier: MIT
import HTTPServing
import KubernetesAPI
import KubernetesTestSupport
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// The version to resume from is gone, and servers say so in three ways.
    @Suite struct FailureMode02ExpiredVersion {
        @Test func `an expired version costs one list, and every change of the gap is told once`() async throws {
            try await FaultCluster.run(isExclusive: true) { cluster in
                for name in ["gone", "changed", "same", "twin"] { try await cluster.create(name) }
                let cache = FollowedCache(try cluster.client("informer"), namespace: cluster.namespace)
                try await cache.run {
                    try await cache.expectTruth(cluster)
                    let before = try cluster.requests(of: "informer").count
                    let told = cache.deliveries.values.count
                    try await cluster.withoutClients {
                        try await cluster.delete("gone")
                        try await cluster.delete("twin")
                        try await cluster.create("twin")
                        try await cluster.update("changed", "in the gap")
                        try await cluster.backend.forgetHistory()
                    }
                    try await cache.expectTruth(cluster)

                    let changes = cache.deliveries.values.dropFirst(told).filter { $0.name != "kube-root-ca.crt" }
                    #expect(changes.filter { $0.name == "gone" }.map(\.kind) == [.deleted])
                    #expect(changes.filter { $0.name == "changed" }.map(\.kind) == [.updated])
                    #expect(changes.filter { $0.name == "same" }.isEmpty)
                    let twin = changes.filter { $0.name == "twin" }
                    #expect(twin.map(\.kind) == [.deleted, .added])
                    #expect(Set(twin.map(\.uid)).count == 2, "the namesake is another object")
                    #expect(changes.filter { $0.kind == .deleted }.allSatisfy { $0.isFinalStateUnknown })

                    let after = try cluster.requests(of: "informer").dropFirst(before)
                    #expect(after.filter(\.isWhole).count == 1, "\(after.map(\.target))")
                    #expect(after.count <= 4, "\(after.map(\.target))")
                    // The new watch holds: what changes now comes by it.
                    try await cluster.update("changed", "later")
                    try await cache.expectTruth(cluster)
                    #expect(try cluster.requests(of: "informer").filter(\.isWhole).count == 2)
                }
            }
        }

        /// The three ways of saying it.
        static let shapes: [(String, ServerResponse)] = [
            ("an error event in the stream", .watch(eventValue("ERROR", statusValue(410, "Expired")))),
            ("HTTP 410", .failure(410, "Expired")), ("an empty stream that ends at once", .watch([])),
        ]

        // A scripted server: none of ours can be made to use all three.
        @Test(arguments: shapes.indices)
        func `each way of saying it costs one list after a pause`(_ index: Int) async throws {
            let script = ScriptedCollection(
                lists: [
                    .json(listValue([configMapValue("a", version: 1), configMapValue("b", version: 2)], version: 10)),
                    .json(listValue([configMapValue("a", version: 1)], version: 20)),
                ], watches: [Self.shapes[index].1, .endlessWatch()])
            let time = InstantTime()
            try await ScriptedServer.run(script.handler) { server in
                let cache = FollowedCache(server.client(), namespace: "default", time: time.source)
                try await cache.run {
                    await cache.deliveries.wait { $0.contains { $0.kind == .deleted } }
                    #expect(await eventually { script.asked.filter { $0 == .watch }.count >= 2 })
                    #expect(script.askedPlainly == [.list, .watch, .list, .watch])
                    let pauses = time.sleeps.filter { $0 >= .milliseconds(100) }
                    #expect(!pauses.isEmpty && pauses.allSatisfy { $0 >= .milliseconds(800) }, "\(pauses)")
                    #expect(cache.deliveries.values.last?.isFinalStateUnknown == true)
                    #expect(cache.informer.problem == nil)
                }
            }
        }

        // Events are not in the watch cache of API servers: a stale version there gets an empty stream for ever.
        @Test(arguments: shapes.indices)
        func `a server that never stops saying it is asked less than once in four seconds`(_ index: Int) async throws {
            let script = ScriptedCollection(
                lists: [.json(listValue([], version: 10))], watches: [Self.shapes[index].1])
            let time = InstantTime()
            let source = time.source
            try await ScriptedServer.run(script.handler) { server in
                let cache = FollowedCache(server.client(), namespace: "default", time: source)
                try await cache.run {
                    #expect(await eventually(within: .seconds(60)) { source.now() >= .seconds(600) })
                    let rate = Double(script.asked.count) / (source.now() / .seconds(1))
                    #expect(rate < 0.25, "\(rate) requests a second")
                }
            }
        }
    }
}
