// SPDX-License-Identifier: MIT
import KubernetesClient

/// `fanout` and `fanout_cpu`: many AgentRuns at once, beside the same writes by a bare client.
struct FanoutWorkload {
    let run: BenchRun

    /// As many clients create runs, and as many writes does the bare client have in flight.
    static let width = 16

    private struct Round: Sendable {
        var seconds: Double
        var limit: Double
        var latencies: Latencies
        var cpu: Double
        var peakMB: Double
        var writes: Double
        var template: WriteTemplate
        var ratio: Double { seconds / limit }
    }

    func measure() async throws {
        let settings = run.settings
        let count = settings.objects
        var rounds: [Round] = []
        for number in 0..<settings.rounds {
            run.report.progress("fanout: round \(number + 1) of \(settings.rounds)")
            let round = try await Ground.with(settings, name: "fanout-\(number)", agents: count / Ground.runsAnAgent + 2) {
                try await measure($0, count)
            }
            rounds.append(round)
        }
        rounds.sort { $0.ratio < $1.ratio }
        let median = rounds[(rounds.count - 1) / 2]
        let cpu = median.cpu / Double(count) * 1000
        let writes = median.writes / Double(count)
        run.add(
            WorkloadResult(
                name: .fanout,
                fields: [
                    ("seconds", median.seconds), ("limit_seconds", median.limit), ("ratio_to_limit", median.ratio),
                    ("p50_ms", median.latencies.p50), ("p99_ms", median.latencies.p99), ("cpu_ms_per_object", cpu),
                    ("rss_mb", median.peakMB),
                ],
                notes: [
                    "ratios of the rounds: \(rounds.map { "\(Report.rounded($0.ratio))" }.joined(separator: ", "))",
                    "writes an object: \(median.template.count) seen by the proxy (\(median.template.summary))"
                        + (settings.peer == nil ? "; \(Report.rounded(writes)) counted in the measured run" : ""),
                ]))
        run.add(
            WorkloadResult(
                name: .fanoutCPU, fields: [("cpu_ms_per_object", cpu)], judged: ["rss_mb": median.peakMB],
                notes: ["CPU of the rounds: \(rounds.map { "\(Report.rounded($0.cpu / Double(count) * 1000))" }.joined(separator: ", ")) ms"]))
    }

    private func measure(_ ground: Ground, _ count: Int) async throws -> Round {
        let generator = RunGenerator(
            server: try await ground.bare(as: "codex-k8s-edge"), http: ground.http, forge: ground.forge)
        let template = try await Calibration.template(ground, generator)
        let process = try await OperatorProcess.start(
            ground, kubeconfig: try await ground.kubeconfig(of: "codex-k8s-controller"), name: "operator")
        var round: Round
        do {
            try await process.waitUntilWorking(peer: ground.settings.peer != nil)
            let issues = try await ground.forge.openLabelledIssues(count)
            // What the issues' making left behind, in forge and operator, is over.
            try await Task.sleep(for: .seconds(1))
            round = try await RunObserver.with(ground) { observer in
                let cpu = try process.meter.cpuSeconds()
                let writes = try await Self.writes(process)
                let start = ContinuousClock.now
                let created = try await mapConcurrently(Array(issues.enumerated()), width: Self.width) { index, issue in
                    let sent = ContinuousClock.now
                    let run = try await generator.create("bench-\(index)", issue: issue, agent: 1 + index / Ground.runsAnAgent)
                    return (run, sent)
                }
                let times = try await observer.running(created.map(\.0.name), every: .milliseconds(20))
                let end = times.max() ?? start
                // The answers on the issues come beside the runs and are work of the runs too.
                try await Task.sleep(for: .seconds(2))
                return Round(
                    seconds: (end - start).seconds, limit: 0,
                    latencies: Latencies(zip(times, created).map { $0 - $1.1 }),
                    cpu: try process.meter.cpuSeconds() - cpu, peakMB: try process.meter.peakMB(),
                    writes: try await Self.writes(process) - writes, template: template)
            }
            await process.stop()
        } catch {
            await process.stop()
            throw BrokenRun("fanout: \(error); the operator: \(process.child.end)")
        }
        round.limit = try await limit(ground, generator, template, count)
        return round
    }

    /// The same objects and the same writes by a bare client.
    private func limit(
        _ ground: Ground, _ generator: RunGenerator, _ template: WriteTemplate, _ count: Int
    ) async throws -> Double {
        let server = try await ground.bare(as: "codex-k8s-controller")
        let start = ContinuousClock.now
        _ = try await mapConcurrently(0..<count, width: Self.width) { number in
            let run = try await generator.create("bench-limit-\(number)", issue: 1)
            try await template.replay(for: run, number: number, as: server, ground.http)
        }
        return (ContinuousClock.now - start).seconds
    }

    /// Successful writes by the operator's own count.
    static func writes(_ process: OperatorProcess) async throws -> Double {
        (try? await process.metric("rest_client_requests_total") { labels in
            !labels.contains("method=\"GET\"") && labels.contains("code=\"2")
        }) ?? 0
    }
}

/// `single`: one AgentRun at a time on an idle system, beside the same writes one after another.
struct SingleWorkload {
    let run: BenchRun

    func measure() async throws {
        let count = run.settings.scaled(100, atLeast: 4)
        run.report.progress("single: \(count) runs, one at a time")
        let result = try await Ground.with(run.settings, name: "single", agents: count / Ground.runsAnAgent + 2) { ground in
            let generator = RunGenerator(
                server: try await ground.bare(as: "codex-k8s-edge"), http: ground.http, forge: ground.forge)
            let template = try await Calibration.template(ground, generator)
            let operatorTimes = try await times(ground, generator, count)
            let server = try await ground.bare(as: "codex-k8s-controller")
            var serial: [Duration] = []
            for number in 0..<count {
                let created = try await generator.create("bench-limit-\(number)", issue: 1)
                let start = ContinuousClock.now
                try await template.replay(for: created, number: number, as: server, ground.http)
                serial.append(.now - start)
            }
            return (Latencies(operatorTimes), Latencies(serial), template)
        }
        run.add(
            WorkloadResult(
                name: .single,
                fields: [
                    ("p50_ms", result.0.p50), ("p99_ms", result.0.p99), ("ratio_to_serial", result.0.p50 / result.1.p50),
                ], notes: ["\(result.2.count) writes one after another take \(Report.rounded(result.1.p50)) ms (median)"]))
    }

    /// From the answer to a run's creation until its status says that its Job exists.
    private func times(_ ground: Ground, _ generator: RunGenerator, _ count: Int) async throws -> [Duration] {
        let process = try await OperatorProcess.start(
            ground, kubeconfig: try await ground.kubeconfig(of: "codex-k8s-controller"), name: "operator")
        do {
            try await process.waitUntilWorking(peer: ground.settings.peer != nil)
            let issues = try await ground.forge.openLabelledIssues(count)
            try await Task.sleep(for: .seconds(1))
            let times = try await RunObserver.with(ground) { observer in
                var times: [Duration] = []
                for (index, issue) in issues.enumerated() {
                    let created = try await generator.create(
                        "bench-\(index)", issue: issue, agent: 1 + index / Ground.runsAnAgent)
                    let seen = try await observer.running([created.name], every: .milliseconds(2))
                    times.append(seen[0] - created.answeredAt)
                    // What follows the status is over before the next run begins.
                    try await Task.sleep(for: .milliseconds(50))
                }
                return times
            }
            await process.stop()
            return times
        } catch {
            await process.stop()
            throw BrokenRun("single: \(error); the operator: \(process.child.end)")
        }
    }
}
