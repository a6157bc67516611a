// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Testing

extension Behaviour {
    @Suite struct BehaviourWatching {
        /// The next so many changes, as `ADDED name`.
        private func changes(_ stream: WatchStream<DynamicObject>, _ count: Int) async throws -> [String] {
            var changes: [String] = []
            for try await event in stream {
                switch event {
                case .added(let object): changes.append("ADDED \(object.metadata.name)")
                case .modified(let object): changes.append("MODIFIED \(object.metadata.name)")
                case .deleted(let object): changes.append("DELETED \(object.metadata.name)")
                case .error(let status): changes.append("ERROR \(status.code)")
                default: continue
                }
                if changes.count == count { break }
            }
            return changes
        }

        @Test func `changes after a version arrive in order, each once`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            _ = try await maps.create(Samples.configMap("before"))
            let version = try await maps.list().resourceVersion
            let stream = try await maps.watch(WatchOptions(resourceVersion: version, timeout: .seconds(60)))
            _ = try await maps.create(Samples.configMap("a"))
            _ = try await maps.patch("a", .merge(["data": ["k": "w"]]))
            try await maps.delete("a")
            _ = try await maps.create(Samples.configMap("b"))
            #expect(try await changes(stream, 4) == ["ADDED a", "MODIFIED a", "DELETED a", "ADDED b"])
        }

        @Test func `a watch resumes where another one ended`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let first = try await maps.create(Samples.configMap("a"))
            _ = try await maps.create(Samples.configMap("b"))
            try await maps.delete("a")
            let stream = try await maps.watch(
                WatchOptions(resourceVersion: first.metadata.resourceVersion, timeout: .seconds(60)))
            #expect(try await changes(stream, 2) == ["ADDED b", "DELETED a"])
        }

        @Test func `without a version the existing objects come first`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            for name in ["a", "b"] { _ = try await maps.create(Samples.configMap(name)) }
            let stream = try await maps.watch(WatchOptions(timeout: .seconds(60)))
            _ = try await maps.create(Samples.configMap("c"))
            // A real namespace may hold a root certificate's map of its own.
            let seen = try await changes(stream, 3)
            #expect(Set(seen).isSuperset(of: ["ADDED a", "ADDED b"]))
        }

        @Test func `what stops to match a selector is deleted for it`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let version = try await maps.list().resourceVersion
            let stream = try await maps.watch(
                WatchOptions(
                    labelSelector: LabelSelector(matchLabels: ["k": "v"]), resourceVersion: version,
                    timeout: .seconds(60)))
            _ = try await maps.create(Samples.configMap("a"))
            _ = try await maps.patch("a", .merge(["metadata": ["labels": ["k": "v"]]]))
            _ = try await maps.patch("a", .merge(["data": ["k": "w"]]))
            _ = try await maps.patch("a", .merge(["metadata": ["labels": ["k": "other"]]]))
            _ = try await maps.patch("a", .merge(["data": ["k": "x"]]))
            _ = try await maps.patch("a", .merge(["metadata": ["labels": ["k": "v"]]]))
            #expect(try await changes(stream, 4) == ["ADDED a", "MODIFIED a", "DELETED a", "ADDED a"])
        }

        @Test func `one object can be watched by name`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let version = try await maps.list().resourceVersion
            let stream = try await maps.watch(
                WatchOptions(fieldSelector: .name("b"), resourceVersion: version, timeout: .seconds(60)))
            for name in ["a", "b", "c"] { _ = try await maps.create(Samples.configMap(name)) }
            try await maps.delete("b")
            #expect(try await changes(stream, 2) == ["ADDED b", "DELETED b"])
        }

        @Test func `a watch ends when its time is up`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let version = try await maps.list().resourceVersion
            let stream = try await maps.watch(WatchOptions(resourceVersion: version, timeout: .seconds(1)))
            #expect(try await changes(stream, 1) == [])
        }

        @Test func `custom resources are watched across namespaces`() async throws {
            let cluster = try TestCluster.current
            let namespaces = [try await cluster.makeNamespace(), try await cluster.makeNamespace()]
            let mark = TestCluster.uniqueName("mark")
            let everywhere = cluster.admin.objects(.agentRun)
            let version = try await everywhere.list().resourceVersion
            let stream = try await everywhere.watch(
                WatchOptions(
                    labelSelector: LabelSelector(matchLabels: ["mark": mark]), resourceVersion: version,
                    timeout: .seconds(60)))
            for (index, namespace) in namespaces.enumerated() {
                var run = Samples.agentRun("run-\(index)")
                run.metadata.labels = ["mark": mark]
                _ = try await everywhere.inNamespace(namespace).create(run)
            }
            #expect(try await changes(stream, 2) == ["ADDED run-0", "ADDED run-1"])
        }

        @Test func `existing objects can be streamed, and a bookmark says where they end`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            for name in ["a", "b"] { _ = try await maps.create(Samples.configMap(name)) }
            let stream = try await maps.watch(WatchOptions(timeout: .seconds(60), sendsInitialEvents: true))
            var names: Set<String> = []
            for try await event in stream {
                if case .added(let object) = event { names.insert(object.metadata.name) }
                if case .bookmark(let version, let isEnd) = event {
                    #expect(isEnd && !version.isEmpty)
                    break
                }
            }
            #expect(names.isSuperset(of: ["a", "b"]))
        }

        @Test func `a deletion carries the last state and a newer version`() async throws {
            let cluster = try TestCluster.current
            let maps = cluster.admin.objects(.configMap, namespace: try await cluster.makeNamespace())
            let made = try await maps.create(Samples.configMap("a", data: ["k": "last"]))
            let stream = try await maps.watch(
                WatchOptions(resourceVersion: made.metadata.resourceVersion, timeout: .seconds(60)))
            try await maps.delete("a")
            var iterator = stream.makeAsyncIterator()
            guard case .deleted(let object)? = try await iterator.next() else {
                Issue.record("no deletion")
                return
            }
            #expect(object.content.at("data", "k") == "last")
            #expect(object.metadata.resourceVersion != made.metadata.resourceVersion)
        }
    }
}
