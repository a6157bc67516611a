// SPDX-License-Identifier: MIT
import ChildProcesses
import FaultProxy
import KubernetesAPI
import Testing

@testable import ControllerRuntime

extension FailureMode {
    /// Two processes that both believe to lead.
    @Suite struct FailureMode07LostLead {
        /// In seconds.
        private struct Times {
            var lease: Double
            var renew: Double
            var retry: Double
            /// How long work takes that is under way at the end.
            var work: Double
        }

        /// A fifth to a quarter of the default times, or those.
        private static let times = FaultSize.pick(
            Times(lease: 4, renew: 2, retry: 0.4, work: 1.5), full: Times(lease: 15, renew: 10, retry: 2, work: 10))

        private func settings(_ cluster: FaultCluster, _ identity: String) -> [String: String] {
            [
                "mode": "lead", "namespace": cluster.namespace, "identity": identity,
                "lease": "\(Self.times.lease)", "renew": "\(Self.times.renew)", "retry": "\(Self.times.retry)",
                "interval": "0.02",
            ]
        }

        private func writes(_ cluster: FaultCluster, _ role: String, to resource: String) throws -> [SeenRequest] {
            try cluster.requests(of: role).filter {
                ["create", "update", "patch"].contains($0.verb) && $0.target.contains("/\(resource)")
            }
        }

        private func waitForWrites(_ cluster: FaultCluster, _ role: String) async throws {
            try await cluster.eventually("\(role) leads and writes", within: .seconds(FaultSize.pick(30, full: 60))) {
                try writes(cluster, role, to: "configmaps").count > 3
            }
        }

        @Test func `a leader that was stopped writes nothing after it goes on, and ends`() async throws {
            try await FaultCluster.run { cluster in
                let first = try await cluster.startProbe("first", settings(cluster, "first"))
                try await waitForWrites(cluster, "first")
                let second = try await cluster.startProbe("second", settings(cluster, "second"))
                first.signal(.stop)
                try await waitForWrites(cluster, "second")
                let resumed = SeenRequest.now
                first.signal(.resume)
                let start = ContinuousClock.now
                #expect(await first.wait() == 1)
                // One second on an idle machine.
                #expect(ContinuousClock.now - start < .seconds(5))
                let seconds = try writes(cluster, "second", to: "configmaps")
                let began = try #require(seconds.map(\.time).min())
                for resource in ["configmaps", "leases"] {
                    // What was on its way when it was stopped arrives before the other one's time.
                    let late = try writes(cluster, "first", to: resource).filter { $0.time > min(began, resumed) }
                    #expect(late.isEmpty, "\(late)")
                }
                second.terminate()
                _ = await second.wait()
            }
        }

        @Test(arguments: [0, 3600, -3600])
        func `a leader whose lease cannot be reached stops before another begins`(_ shift: Int) async throws {
            try await FaultCluster.run { cluster in
                var settings = settings(cluster, "first")
                settings["lease-server"] = "https://127.0.0.1:\(cluster.proxy.port)"
                settings["clock-shift"] = "\(shift)"
                let first = try await cluster.startProbe("first", settings)
                try await waitForWrites(cluster, "first")
                let second = try await cluster.startProbe("second", self.settings(cluster, "second"))
                try await cluster.eventually("the second one looks on") {
                    try cluster.requests(of: "second").contains { $0.verb == "get" }
                }
                await cluster.proxy.set(.both(.blackHole))
                try await waitForWrites(cluster, "second")
                #expect(await first.wait() == 1)
                let renewed = try #require(try writes(cluster, "first", to: "leases").map(\.time).max())
                let stopped = try #require(try writes(cluster, "first", to: "configmaps").map(\.time).max())
                let began = try #require(try writes(cluster, "second", to: "configmaps").map(\.time).min())
                #expect(stopped < began, "no overlap")
                // The last write was begun before the deadline of the last renewal; it may take a while to arrive on a
                // busy machine. Clocks of two processes are compared.
                #expect(stopped < renewed + Self.times.renew + 1.5, "stopped \(stopped - renewed) s after the last renewal")
                #expect(began >= renewed + Self.times.lease - 0.1, "began \(began - renewed) s after the last renewal")
                second.terminate()
                _ = await second.wait()
            }
        }

        @Test func `the lease is given up after the work has ended, and then at once`() async throws {
            try await FaultCluster.run { cluster in
                var settings = settings(cluster, "first")
                settings["last-work"] = "\(Self.times.work)"
                let first = try await cluster.startProbe("first", settings)
                try await waitForWrites(cluster, "first")
                let second = try await cluster.startProbe("second", self.settings(cluster, "second"))
                try await cluster.eventually("the second one looks on") {
                    try cluster.requests(of: "second").contains { $0.verb == "get" }
                }
                let asked = SeenRequest.now
                first.signal(.terminate, toGroup: false)
                #expect(await first.wait() == 0)
                try await waitForWrites(cluster, "second")
                let last = try #require(try writes(cluster, "first", to: "configmaps").map(\.time).max())
                let released = try #require(try writes(cluster, "first", to: "leases").map(\.time).max())
                let began = try #require(try writes(cluster, "second", to: "configmaps").map(\.time).min())
                #expect(last >= asked + Self.times.work - 0.1, "the work under way ended")
                #expect(released >= last, "and then the lease was given up")
                // One retry period with its jitter, and a second of the lease that is given up.
                let next = Self.times.retry * 2.2 + 1
                #expect(began > released && began < released + next + 2.1, "\(began - released) s later")
                second.terminate()
                _ = await second.wait()
            }
        }

        @Test func `the defaults`() {
            let timing = ElectionTiming()
            #expect(timing.leaseDuration == .seconds(15) && timing.renewDeadline == .seconds(10))
            #expect(timing.retryPeriod == .seconds(2) && timing.requestTimeout == .seconds(5))
            #expect(timing.problem == nil)
        }
    }
}
