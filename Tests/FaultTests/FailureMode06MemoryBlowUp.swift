// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import ServiceRuntime
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Memory that grows with what others store, or with how often something happens.
    @Suite struct FailureMode06MemoryBlowUp {
        // Measured in a process of its own: the tests of this one run side by side.
        @Test func `a cache needs memory for what it selects, and a list little more than a page`() async throws {
            try await FaultCluster.run { cluster in
                let count = 4000
                let filler = String(repeating: "0123456789abcdef", count: 512)
                try await cluster.createAll(
                    (0..<count).map { index in
                        var object = DynamicObject(.configMap, name: "foreign-\(index)")
                        object["data"] = ["filler": .string(filler)]
                        return object
                    }, .configMap)
                try await cluster.create("ours", labels: ["of": "ours"])
                let scoped = try await cluster.measureCache(["namespace": cluster.namespace, "selector": "of=ours"])
                let whole = try await cluster.measureCache(["namespace": cluster.namespace])
                let megabyte = 1 << 20
                #expect(scoped.objects == 1 && whole.objects >= count)
                #expect(scoped.peak <= 20 * megabyte, "\(scoped)")
                #expect(whole.steady >= 30 * megabyte, "the measure sees what is stored: \(whole)")
                #expect(Double(whole.peak) <= Double(whole.steady) * 1.3, "the list beside the cache: \(whole)")
            }
        }

        @Test func `a queue's memory is bounded by keys, not by events`() {
            var machine = WorkQueueMachine<Int>()
            for event in 0..<100_000 { machine.add(event % 100, now: .milliseconds(event)) }
            #expect(machine.depth == 100 && machine.keyCount == 100)
            let footprint = machine.footprint
            for event in 0..<100_000 { machine.add(event % 100, after: .seconds(1), now: .seconds(200 + event)) }
            #expect(machine.footprint <= footprint + 100)
        }

        @Test func `reading an object does not begin to watch its type`() async throws {
            try await FaultCluster.run { cluster in
                try await cluster.create("a")
                let client = try cluster.client("reader")
                for _ in 0..<3 {
                    _ = try await client.resource(ConfigMap.self, namespace: cluster.namespace).get("a")
                }
                _ = try await client.resource(KubernetesSecret.self, namespace: cluster.namespace).find("none")
                #expect(try cluster.counts(of: "reader") == ["get": 4])
            }
        }
    }
}
