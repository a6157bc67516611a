// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Reconciles that answer their own writes.
    @Suite struct FailureMode08StatusStorm {
        /// Writes a status each time, the same one or another.
        private struct StatusWriter: Reconciler {
            let client: APIClient
            let store: Store<Widget>
            let heartbeats: Int
            let runs = Runs()

            final class Runs: Sendable { let count = Mutex(0) }

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                guard let widget = store.get(key) else { return .done }
                let run = runs.count.withLock { count in
                    count += 1
                    return count
                }
                var status: JSONValue = ["observed": .integer(Int64(widget.spec.size))]
                if heartbeats > 0 {
                    guard run <= heartbeats else { return .done }
                    status["heartbeat"] = .string("\(run)")
                }
                _ = try await client.resource(Widget.self, namespace: key.namespace).patchStatus(
                    key.name, .merge(["status": status]))
                return .done
            }
        }

        private func withController(
            _ cluster: FaultCluster, heartbeats: Int = 0, predicate: Predicate<Widget>, limit: Int = 100,
            logger: Logger = .disabled, _ body: (Informer<Widget>) async throws -> Void
        ) async throws {
            try await cluster.installWidgets()
            let informer = Informer(try cluster.client("informer"), Widget.self, namespace: cluster.namespace)
            let writer = StatusWriter(
                client: try cluster.client("writer"), store: informer.store, heartbeats: heartbeats)
            let controller = Controller(
                name: "status", reconciler: writer, workers: 2, reconcileDeadline: .seconds(30),
                drainPeriod: .seconds(5), gate: nil, logger: logger, metrics: MetricsRegistry(), time: .system,
                detector: SelfTriggerDetector(limit: limit, period: .seconds(60)))
            controller.watches(informer, predicate: predicate)
            let tasks = [Task { try await informer.run() }, Task { try await controller.run() }]
            var failure: (any Error)?
            do {
                try await body(informer)
            } catch {
                failure = error
            }
            for task in tasks { task.cancel() }
            for task in tasks { _ = try? await task.value }
            if let failure { throw failure }
        }

        @Test func `the same status is written once, and then there is quiet`() async throws {
            try await FaultCluster.run { cluster in
                try await withController(cluster, predicate: .generationChanged) { informer in
                    _ = try await cluster.admin.resource(Widget.self, namespace: cluster.namespace).create(
                        Widget("w", namespace: cluster.namespace, size: 7))
                    let key = ObjectKey(namespace: cluster.namespace, name: "w")
                    try await cluster.eventually("the status is in the cache") {
                        informer.store.get(key)?.status?.observed == 7
                    }
                    // Time in which a loop would go round many times.
                    try await Task.sleep(for: FaultSize.pick(.seconds(2), full: .seconds(60)))
                    #expect(try cluster.counts(of: "writer") == ["patch": 1])
                }
            }
        }

        @Test func `without a predicate a write that changes nothing comes once more, and ends it`() async throws {
            try await FaultCluster.run { cluster in
                try await withController(cluster, predicate: .always) { informer in
                    _ = try await cluster.admin.resource(Widget.self, namespace: cluster.namespace).create(
                        Widget("w", namespace: cluster.namespace, size: 7))
                    try await cluster.eventually("both writes") { try cluster.counts(of: "writer")["patch"] == 2 }
                    try await Task.sleep(for: .seconds(1))
                    #expect(try cluster.counts(of: "writer") == ["patch": 2])
                }
            }
        }

        @Test func `a reconciler that answers its own heartbeat is reported once`() async throws {
            try await FaultCluster.run { cluster in
                let memory = LogMemory()
                let logger = Logger(label: "test", level: .warning, sink: memory.sink)
                try await withController(cluster, heartbeats: 40, predicate: .always, limit: 20, logger: logger) { _ in
                    _ = try await cluster.admin.resource(Widget.self, namespace: cluster.namespace).create(
                        Widget("w", namespace: cluster.namespace))
                    try await cluster.eventually("all heartbeats") {
                        try cluster.counts(of: "writer")["patch"] == 40
                    }
                    let warnings = memory.records.filter { "\($0.metadata)".contains("\(cluster.namespace)/w") }
                    #expect(warnings.count == 1, "\(memory.records.map(\.message))")
                }
            }
        }

        @Test func `twenty writers of one object's conditions do not collide by apply`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.installWidgets()
                let widgets = cluster.admin.objects(Widget.resourceType, namespace: cluster.namespace)
                _ = try await cluster.admin.resource(Widget.self, namespace: cluster.namespace).create(
                    Widget("w", namespace: cluster.namespace))
                let conflicts = Collector<Int>()
                let once = try cluster.client("appliers", isDirect: true, retryPolicy: .never)
                    .objects(Widget.resourceType, namespace: cluster.namespace)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<20 {
                        group.addTask {
                            for round in 0..<10 {
                                do throws(APIError) {
                                    _ = try await once.apply(
                                        [
                                            "status": [
                                                "conditions": [
                                                    [
                                                        "type": .string("Writer\(writer)"), "status": "True",
                                                        "message": .string("\(round)"),
                                                    ]
                                                ]
                                            ]
                                        ], name: "w", fieldManager: FieldManager("writer-\(writer)"),
                                        subresource: "status")
                                } catch {
                                    #expect(error.reason == .conflict, "\(error)")
                                    conflicts.append(writer)
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(conflicts.values.count <= 2, "at most one in a hundred")
                let conditions = try await widgets.get("w").content.at("status", "conditions")?.arrayValue ?? []
                #expect(Set(conditions.compactMap { $0["type"]?.stringValue }).count == 20)
            }
        }

        /// Writes the conditions of one object, each key one of its own, by what it read a moment ago; and notes when
        /// other keys have their turn.
        private final class ConditionWriter: Reconciler {
            static let rounds = FaultSize.pick(3, full: 10)
            let widgets: ResourceClient<DynamicObject>
            /// Each key's tries: when they ended, and whether somebody else had written meanwhile.
            let tries = Mutex<[String: [(end: ContinuousClock.Instant, isConflict: Bool)]]>([:])
            let turns = Collector<(name: String, at: ContinuousClock.Instant)>()

            init(_ widgets: ResourceClient<DynamicObject>) { self.widgets = widgets }

            /// How often a key has written.
            func written(_ name: String) -> Int {
                tries.withLock { $0[name]?.count { !$0.isConflict } ?? 0 }
            }

            func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
                guard key.name.hasPrefix("writer-") else {
                    turns.append((key.name, .now))
                    return .done
                }
                let round = written(key.name) + 1
                guard round <= Self.rounds else { return .done }
                let problem = await write(key.name, "\(round)")
                tries.withLock { $0[key.name, default: []].append((.now, problem != nil)) }
                if let problem { throw problem }
                return round < Self.rounds ? .requeueAfter(.milliseconds(10)) : .done
            }

            /// Nil when it was written.
            private func write(_ type: String, _ message: String) async -> APIError? {
                do throws(APIError) {
                    var widget = try await widgets.get("shared")
                    var conditions = widget.content.at("status", "conditions")?.arrayValue ?? []
                    conditions.removeAll { $0["type"]?.stringValue == type }
                    conditions.append(["type": .string(type), "status": "True", "message": .string(message)])
                    widget.content.setValue(.array(conditions), at: ["status", "conditions"])
                    _ = try await widgets.replace(widget, subresource: "status")
                    return nil
                } catch {
                    return error
                }
            }
        }

        @Test func `twenty writers that update in turn are put off each by itself, and nobody waits for them`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.installWidgets()
                let widgets = cluster.admin.objects(Widget.resourceType, namespace: cluster.namespace)
                _ = try await cluster.admin.resource(Widget.self, namespace: cluster.namespace).create(
                    Widget("shared", namespace: cluster.namespace))
                let writer = ConditionWriter(
                    try cluster.client("writers", isDirect: true)
                        .objects(Widget.resourceType, namespace: cluster.namespace))
                let metrics = MetricsRegistry()
                let controller = Controller(name: "conditions", reconciler: writer, workers: 20, metrics: metrics)
                let running = Task { try await controller.run() }
                func key(_ name: String) -> ObjectKey { ObjectKey(namespace: cluster.namespace, name: name) }
                let names = (0..<20).map { "writer-\($0)" }
                for name in names { controller.enqueue(key(name)) }
                var asked: [String: ContinuousClock.Instant] = [:]
                try await cluster.eventually("everybody has written", within: FaultSize.pick(.seconds(60), full: .seconds(600))) {
                    let name = "other-\(asked.count)"
                    asked[name] = .now
                    controller.enqueue(key(name))
                    return names.allSatisfy { writer.written($0) == ConditionWriter.rounds }
                }
                let turns = await writer.turns.wait { [count = asked.count] in $0.count >= count }
                let waits = turns.map { turn in asked[turn.name].map { turn.at - $0 } ?? .seconds(3600) }
                #expect((waits.max() ?? .zero) <= .seconds(1), "others waited \(waits.max() ?? .zero)")

                let tries = writer.tries.withLock { $0 }
                let conflicts = tries.values.joined().count { $0.isConflict }
                #expect(conflicts > 20, "they did collide")
                for (name, tries) in tries {
                    // Each conflict in a row doubles the least time to this key's next try.
                    var row = 0
                    for (this, next) in zip(tries, tries.dropFirst()) {
                        row = this.isConflict ? row + 1 : 0
                        guard row > 0 else { continue }
                        let least = min(Duration.milliseconds(5) * (1 << (row - 1)), .seconds(1000))
                        #expect(next.end - this.end >= least, "\(name) after \(row) conflicts in a row")
                    }
                }
                let status = try await widgets.get("shared").content.at("status", "conditions")?.arrayValue ?? []
                #expect(status.count == 20, "nobody's condition was lost")
                #expect(status.allSatisfy { $0["message"] == .string("\(ConditionWriter.rounds)") })
                running.cancel()
                try await running.value
            }
        }
    }
}
