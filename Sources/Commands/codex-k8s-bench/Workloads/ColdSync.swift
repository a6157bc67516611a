// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient

/// `coldsync`, `coldsync_rss` and `idle`: an operator that finds thousands of finished runs and has nothing to do.
struct ColdSyncWorkload {
    let run: BenchRun

    private struct Sync: Sendable {
        var seconds: Double
        var cpu: Double
        var peakMB: Double
        var laterMB: Double
    }

    func measure() async throws {
        let count = run.settings.scaled(5000, atLeast: 50)
        run.report.progress("coldsync: making \(count) finished runs")
        try await Ground.with(run.settings, name: "coldsync") { ground in
            let emptyMB = try await residentWhenEmpty(ground)
            try await fill(ground, count)
            let controller = try await ground.kubeconfig(of: "codex-k8s-controller")
            let list = try await bareList(ground, count)
            var syncs: [Sync] = []
            for number in 0..<run.settings.rounds {
                syncs.append(try await sync(ground, kubeconfig: controller, count, isLast: number == run.settings.rounds - 1))
            }
            let later = syncs.last?.laterMB ?? 0
            syncs.sort { $0.seconds < $1.seconds }
            let median = syncs[(syncs.count - 1) / 2]
            let listAgain = try await bareList(ground, count)
            let observed = try await observe(ground, count)
            let listSeconds = (list + listAgain) / 2
            run.add(
                WorkloadResult(
                    name: .coldsync,
                    fields: [
                        ("seconds", median.seconds), ("list_seconds", listSeconds),
                        ("ratio_to_list", median.seconds / listSeconds), ("cpu_s", median.cpu), ("rss_mb", median.peakMB),
                        ("writes", Double(observed.writes)),
                    ],
                    notes: [
                        "seconds of the rounds: \(syncs.map { "\(Report.rounded($0.seconds))" }.joined(separator: ", "))",
                        "seen by the proxy: \(observed.syncSummary)",
                    ]))
            run.add(
                WorkloadResult(
                    name: .coldsyncRSS,
                    fields: [("rss_mb", later), ("bytes_per_object", (later - emptyMB) * 1e6 / Double(count))],
                    notes: ["the same operator with no object: \(Report.rounded(emptyMB)) MB"]))
            if let idle = observed.idle { run.add(idle) }
        }
    }

    /// What the operator takes 10 s after its start without an object.
    private func residentWhenEmpty(_ ground: Ground) async throws -> Double {
        let process = try await OperatorProcess.start(
            ground, kubeconfig: try await ground.kubeconfig(of: "codex-k8s-controller"), name: "operator-empty")
        do {
            _ = try await process.waitUntilReady(every: .milliseconds(20))
            try await Task.sleep(for: .seconds(run.settings.scaled(10)))
            let resident = try process.meter.residentMB()
            await process.stop()
            return resident
        } catch {
            await process.stop()
            throw error
        }
    }

    /// Makes runs that ended well long ago, 3 KB each with what the server adds.
    private func fill(_ ground: Ground, _ count: Int) async throws {
        let generator = RunGenerator(
            server: try await ground.bare(as: "codex-k8s-edge"), http: ground.http, forge: ground.forge)
        let server = try await ground.bare(as: "codex-k8s-controller")
        _ = try await mapConcurrently(0..<count, width: 16) { number in
            let created = try await generator.create("bench-\(number)", issue: number + 1)
            _ = try await server.write(
                ground.http, .patch, "\(RunGenerator.path)/\(created.name)/status",
                body: Self.status(number, ground.forge).encoded(), contentType: "application/merge-patch+json")
        }
    }

    private static func status(_ number: Int, _ forge: Forge) -> JSONValue {
        let time: JSONValue = "2026-11-22T21:00:00Z"
        func condition(_ type: String, _ reason: String) -> JSONValue {
            [
                "type": .string(type), "status": "True", "reason": .string(reason), "message": "", "observedGeneration": 1,
                "lastTransitionTime": time,
            ]
        }
        return [
            "status": [
                "phase": "Succeeded", "observedGeneration": 1, "attempt": 1, "repositoryID": .integer(forge.repositoryID),
                "branch": .string("codex/issue-\(number + 1)"), "startTime": time, "completionTime": time,
                "statusCommentID": .integer(Int64(number + 1)),
                "conditions": [
                    condition("Accepted", "Admitted"), condition("Ready", "Completed"), condition("AgentCompleted", "Completed"),
                ],
                "effective": ["agent": "bench0", "mode": "CodeOnly"],
                "attempts": [["number": 1, "startTime": time, "completionTime": time, "reason": "Completed"]],
            ]
        ]
    }

    /// One list of everything, read to its last byte and not decoded: the best of three.
    private func bareList(_ ground: Ground, _ count: Int) async throws -> Double {
        let server = try await ground.bare(as: "codex-k8s-controller")
        var best = Double.infinity
        for _ in 0..<3 {
            let start = ContinuousClock.now
            let answer = try await server.send(ground.http, .get, RunGenerator.path)
            best = min(best, (ContinuousClock.now - start).seconds)
            guard answer.status.isSuccess, answer.body.count > count * 1000 else {
                throw BrokenRun("the bare list was answered with \(answer.status) and \(answer.body.count) bytes")
            }
        }
        return best
    }

    private static func reconciled(_ process: OperatorProcess) async throws -> Double {
        try await process.metric("controller_runtime_reconcile_total") { labels in
            labels.contains("controller=\"agentrun\"") && labels.contains("success")
        }
    }

    private func waitUntilSynced(_ process: OperatorProcess, _ count: Int) async throws -> Duration {
        _ = try await process.waitUntilReady(every: .milliseconds(5))
        return try await process.child.wait(for: "reconciling \(count) runs", every: .milliseconds(10)) {
            try await Self.reconciled(process) >= Double(count) ? ContinuousClock.now - process.startedAt : nil
        }
    }

    private func sync(_ ground: Ground, kubeconfig: String, _ count: Int, isLast: Bool) async throws -> Sync {
        let process = try await OperatorProcess.start(ground, kubeconfig: kubeconfig, name: "operator-sync")
        do {
            let time = try await waitUntilSynced(process, count)
            var result = Sync(
                seconds: time.seconds, cpu: try process.meter.cpuSeconds(), peakMB: try process.meter.peakMB(), laterMB: 0)
            if isLast {
                try await Task.sleep(for: .seconds(run.settings.scaled(10)))
                result.laterMB = try process.meter.residentMB()
            }
            await process.stop()
            return result
        } catch {
            await process.stop()
            throw BrokenRun("coldsync: \(error); the operator: \(process.child.end)")
        }
    }

    private struct Observed: Sendable {
        var writes: Int
        var syncSummary: String
        var idle: WorkloadResult?
    }

    /// Once more through the recording proxy, untimed: what was asked while syncing, and then in a minute of rest.
    private func observe(_ ground: Ground, _ count: Int) async throws -> Observed {
        try await RecordingProxy.with(ground.admin) { proxy, address in
            let process = try await OperatorProcess.start(
                ground, kubeconfig: try await ground.kubeconfig(of: "codex-k8s-controller", server: address),
                name: "operator-observed")
            do {
                _ = try await waitUntilSynced(process, count)
                try await Task.sleep(for: .seconds(2))
                let synced = proxy.take()
                var observed = Observed(
                    writes: synced.count { $0.isWrite && !$0.isLease }, syncSummary: Self.summary(synced), idle: nil)
                if run.wanted.contains(.idle) {
                    let seconds = run.settings.scaled(60, atLeast: 3)
                    run.report.progress("idle: \(seconds) s")
                    let cpu = try process.meter.cpuSeconds()
                    try await Task.sleep(for: .seconds(seconds))
                    let rest = proxy.take()
                    let used = try process.meter.cpuSeconds() - cpu
                    observed.idle = WorkloadResult(
                        name: .idle,
                        fields: [
                            ("cpu_s", used * 60 / Double(seconds)), ("rss_mb", try process.meter.residentMB()),
                            ("requests", Double(rest.count { !$0.isWatch && !$0.isLease })),
                        ], notes: ["seen by the proxy: \(Self.summary(rest))"])
                }
                await process.stop()
                return observed
            } catch {
                await process.stop()
                throw BrokenRun("coldsync: \(error); the operator: \(process.child.end)")
            }
        }
    }

    private static func summary(_ requests: [RecordedRequest]) -> String {
        let watches = requests.count { $0.isWatch }
        let leases = requests.count { $0.isLease && !$0.isWatch }
        let lists = requests.count { $0.isList && !$0.isLease }
        let others = requests.filter { !$0.isWatch && !$0.isLease && !$0.isList }
        let names = Set(others.map { "\($0.method) \($0.target.prefix { $0 != "?" })" }).sorted().prefix(5)
        return "\(watches) watches, \(lists) lists, \(leases) for the lease, \(others.count) others"
            + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
    }
}

/// `startup`: from the start of the process until it is ready, with no object.
struct StartupWorkload {
    let run: BenchRun
    private static let starts = 10

    func measure() async throws {
        run.report.progress("startup: \(Self.starts) starts")
        let (times, memory) = try await Ground.with(run.settings, name: "startup") { ground in
            let kubeconfig = try await ground.kubeconfig(of: "codex-k8s-controller")
            var times: [Duration] = []
            var memory: [Double] = []
            for _ in 0..<Self.starts {
                let process = try await OperatorProcess.start(ground, kubeconfig: kubeconfig, name: "operator")
                do {
                    times.append(try await process.waitUntilReady())
                    memory.append(try process.meter.residentMB())
                } catch {
                    await process.stop()
                    throw error
                }
                await process.stop()
            }
            return (times, memory.sorted())
        }
        var fields: [(name: String, value: Double)] = [
            ("ms", Latencies(times).p50), ("rss_mb", memory[memory.count / 2]),
        ]
        if run.settings.peer == nil { fields.append(("binary_mb", try await StrippedSize.megabytes(run.settings))) }
        run.add(WorkloadResult(name: .startup, fields: fields))
    }
}
