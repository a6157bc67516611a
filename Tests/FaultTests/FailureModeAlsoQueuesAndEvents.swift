// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// A shutdown that hangs, and a storm of events.
    @Suite struct FailureModeAlsoQueuesAndEvents {
        @Test func `workers return within a second of a shutdown, whoever still adds`() async throws {
            let queue = WorkQueue<Int>(name: "storm")
            let running = Task { await queue.run() }
            let adders = (0..<20).map { adder in
                Task {
                    var count = 0
                    while !Task.isCancelled {
                        count += 1
                        queue.add(adder * 1_000_000 + count % 5000)
                        queue.addRateLimited(adder)
                        await Task.yield()
                    }
                }
            }
            let workers = (0..<10).map { _ in
                Task {
                    var done = 0
                    while let item = await queue.next() {
                        queue.done(item.key)
                        done += 1
                    }
                    return done
                }
            }
            #expect(await eventually { !queue.isEmpty })
            let start = ContinuousClock.now
            queue.shutDown()
            for worker in workers { _ = await worker.value }
            await running.value
            // A second on an idle machine.
            #expect(ContinuousClock.now - start < .seconds(5))
            for adder in adders { adder.cancel() }
            for adder in adders { await adder.value }
            #expect(queue.isEmpty, "what is added after the shutdown is not kept")
        }

        @Test func `a storm of warnings about one object costs few writes`() async throws {
            try await FaultCluster.run { cluster in
                let object = try await cluster.create("a")
                let recorder = EventRecorder(client: try cluster.client("events"), instance: "test")
                let running = Task { try await recorder.run() }
                for round in 0..<10_000 {
                    recorder.record(object, warning: true, reason: "Storm", action: "Testing", message: "the same")
                    recorder.record(object, warning: true, reason: "Storm", action: "Testing", message: "no. \(round)")
                    // Nothing is dropped for want of a turn: what comes is what the recorder has to deal with.
                    if round % 100 == 0 { try await Task.sleep(for: .milliseconds(2)) }
                }
                try await cluster.eventually("something is told") {
                    try await cluster.admin.resource(Event.self, namespace: cluster.namespace).list().items.contains {
                        $0.reason == "Storm"
                    }
                }
                try await Task.sleep(for: .seconds(1))
                running.cancel()
                _ = try? await running.value
                let writes = try cluster.requests(of: "events").count
                #expect(writes <= 30, "\(writes) writes")
            }
        }
    }
}
