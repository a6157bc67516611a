// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls

/// `edge` and `edge_ignored`: signed webhooks from 64 connections.
struct EdgeWorkload {
    let run: BenchRun

    private static let connections = 64
    private static let secret = "benchmark secret of at least 32 bytes"

    func measure() async throws {
        try await Ground.with(run.settings, name: "edge") { ground in
            if run.wanted.contains(.edge) { run.add(try await created(ground)) }
            if run.wanted.contains(.edgeIgnored) { run.add(try await ignored(ground)) }
        }
    }

    // MARK: Every delivery a new run

    private func created(_ ground: Ground) async throws -> WorkloadResult {
        let seconds = run.settings.scaled(30, atLeast: 3)
        run.report.progress("edge: \(seconds) s at full speed, then at half of the limit")
        let limit = try await limit(ground, seconds: max(2, seconds / 3))
        let process = try await start(ground, pinned: false)
        do {
            let webhooks = Webhooks(label: "run:dev", forge: ground.forge, secret: Self.secret)
            let full = try await Load(connections: Self.connections, duration: .seconds(seconds)).run { number in
                try await process.deliver(webhooks.delivery(number))
            }
            let half = try await Load(
                connections: Self.connections, duration: .seconds(max(2, seconds / 3)), rate: limit / 2,
                firstNumber: 10_000_000
            ).run { number in try await process.deliver(webhooks.delivery(number)) }
            let memory = try process.child.meter.peakMB()
            let cpu = try process.child.meter.cpuSeconds()
            await process.child.stop()
            let (lost, doubled) = try await compare(ground, full.numbers + half.numbers)
            let limitAfter = try await self.limit(ground, seconds: max(2, seconds / 3))
            let rate = Double(full.numbers.count) / full.seconds
            let mean = (limit + limitAfter) / 2
            return WorkloadResult(
                name: .edge,
                fields: [
                    ("rps", rate), ("p50_ms", half.latencies.p50), ("p99_ms", half.latencies.p99), ("rss_mb", memory),
                    ("lost", Double(lost)), ("doubled", Double(doubled)),
                ], judged: ["ratio_to_limit": rate / mean],
                notes: [
                    "the bare client creates \(Report.rounded(limit)) a second before and \(Report.rounded(limitAfter)) after",
                    "at full speed p50 \(Report.rounded(full.latencies.p50)) ms, p99 \(Report.rounded(full.latencies.p99)) ms; "
                        + "\(full.failures + half.failures) deliveries were not accepted; "
                        + "\(Report.rounded(cpu / Double(full.numbers.count + half.numbers.count) * 1000)) ms of CPU a delivery",
                ])
        } catch {
            await process.child.stop()
            throw BrokenRun("edge: \(error); the edge: \(process.child.end)")
        }
    }

    /// What the API server takes of the same runs from a bare client with as many requests in flight.
    private func limit(_ ground: Ground, seconds: Int) async throws -> Double {
        let generator = RunGenerator(
            server: try await ground.bare(as: "codex-k8s-edge"), http: ground.http, forge: ground.forge)
        let marker = ContinuousClock.now
        let tag = String(UInt64((marker - ContinuousClock.Instant.now).milliseconds.magnitude * 1e6) ^ UInt64.random(in: 0..<(1 << 32)), radix: 36)
        let result = try await Load(connections: Self.connections, duration: .seconds(seconds)).run { number in
            let answer = try await generator.server.send(
                ground.http, .post, RunGenerator.path,
                body: generator.body("limit-\(tag)-\(number)", issue: 1, agent: 0).encoded())
            return answer.status.isSuccess
        }
        guard result.failures == 0 else { throw BrokenRun("\(result.failures) bare creates failed") }
        return Double(result.numbers.count) / result.seconds
    }

    /// Accepted deliveries without a run, and runs beyond one a delivery.
    private func compare(_ ground: Ground, _ accepted: [Int]) async throws -> (lost: Int, doubled: Int) {
        var found: [Int: Int] = [:]
        let client = ground.api.objects(AgentRun.resourceType, namespace: Ground.namespace)
        var token: String?
        repeat {
            let page = try await client.list(.init(limit: 500, continueToken: token))
            for object in page.items where !object.metadata.name.hasPrefix("limit-") {
                let text = object.content.at("spec", "trigger", "deliveryID")?.stringValue ?? ""
                if let number = Int(text.drop { !$0.isNumber }) { found[number, default: 0] += 1 }
            }
            token = page.continueToken.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
        return (accepted.count { found[$0] == nil }, found.values.reduce(0) { $0 + $1 - 1 })
    }

    // MARK: A label that is no trigger

    private func ignored(_ ground: Ground) async throws -> WorkloadResult {
        let seconds = run.settings.scaled(30, atLeast: 3)
        run.report.progress("edge_ignored: \(seconds) s, the edge on one core")
        let process = try await start(ground, pinned: true)
        do {
            let webhooks = Webhooks(label: "help wanted", forge: ground.forge, secret: Self.secret)
            let delivery = webhooks.delivery(1)
            let cpu = try process.child.meter.cpuSeconds()
            let result = try await Load(connections: Self.connections, duration: .seconds(seconds)).run { _ in
                try await process.deliver(delivery)
            }
            let used = try process.child.meter.cpuSeconds() - cpu
            await process.child.stop()
            guard result.failures == 0 else { throw BrokenRun("\(result.failures) deliveries were refused") }
            let share = used / result.seconds
            return WorkloadResult(
                name: .edgeIgnored,
                fields: [("rps", Double(result.numbers.count) / result.seconds / min(1, share)), ("p99_ms", result.latencies.p99)],
                notes: [
                    "\(Report.rounded(Double(result.numbers.count) / result.seconds)) a second were sent, which took "
                        + "\(Report.rounded(share * 100)) % of the edge's core; rps is what a whole core answers"
                ])
        } catch {
            await process.child.stop()
            throw BrokenRun("edge_ignored: \(error); the edge: \(process.child.end)")
        }
    }

    // MARK: The edge

    private struct EdgeProcess: Sendable {
        let child: Child
        let url: String
        let http: HTTPClient

        /// Whether a delivery was accepted, by GitHub's own measure: any 2xx.
        func deliver(_ delivery: (body: [UInt8], headers: HTTPHeaders)) async throws -> Bool {
            let answer = try await http.send(
                ClientRequest(
                    method: .post, url: url, headers: delivery.headers, body: delivery.body, timeout: .seconds(10)))
            return answer.status.isSuccess
        }
    }

    private func start(_ ground: Ground, pinned: Bool) async throws -> EdgeProcess {
        let port = try await FreePort.find()
        let secretFile = "\(ground.directory)/webhook-secret"
        try Files.writeAtomically(secretFile, Array(Self.secret.utf8), mode: 0o600)
        let program = "\(run.settings.binaries)/codex-k8s-edge"
        let arguments = [
            "--config", ground.configurationFile, "--kubeconfig", try await ground.kubeconfig(of: "codex-k8s-edge"),
            "--listen", "127.0.0.1:\(port)", "--webhook-secret-file", secretFile, "--log-level", "warning",
        ]
        let log = "\(ground.directory)/edge.log"
        let child =
            pinned
            ? try await Child.start("taskset", ["--cpu-list", "0", program] + arguments, log: log)
            : try await Child.start(program, arguments, log: log)
        let http = HTTPClient(
            configuration: .init(maximumHTTP1ConnectionsPerHost: Self.connections, userAgent: "GitHub-Hookshot/bench"))
        let url = "http://127.0.0.1:\(port)"
        do {
            try await child.wait(for: "starting the edge") {
                (try? await http.send(ClientRequest(url: "\(url)/healthz", timeout: .seconds(1))))?.status == .ok ? () : nil
            }
        } catch {
            await child.stop()
            throw error
        }
        return EdgeProcess(child: child, url: url + "/webhooks/github", http: http)
    }
}

/// Signed deliveries of GitHub's size, each about an issue of its own.
struct Webhooks: Sendable {
    private let before: [UInt8]
    private let after: [UInt8]
    private let key: HMACKey

    init(label: String, forge: Forge, secret: String) {
        // GitHub's payloads hold the whole issue, repository and sender: 8 to 12 kB of which little is read.
        let filler = JSONValue.array((0..<90).map { .string("https://api.github.com/repos/\(forge.repository)/resource/\($0){/suffix}") })
        let sender: JSONValue = ["id": 21, "login": .string(forge.owner), "type": "User", "urls": filler[0] ?? .null]
        let document: JSONValue = [
            "action": "labeled",
            "issue": [
                "number": "NUMBER", "updated_at": "2026-11-22T21:00:00Z", "state": "open", "title": "Add a cart",
                "body": .string(String(repeating: "As a customer I want a cart. ", count: 40)),
                "labels": [["name": .string(label), "color": "ededed"]], "user": sender,
            ],
            "label": ["id": 5, "name": .string(label)],
            "repository": [
                "id": .integer(forge.repositoryID), "full_name": .string(forge.repository), "private": true, "urls": filler,
            ],
            "sender": sender,
        ]
        let text = document.encodedString()
        let parts = text.split(separator: "\"NUMBER\"", maxSplits: 1).map { Array($0.utf8) }
        before = parts[0]
        after = parts[1]
        key = HMACKey(secret)
    }

    /// The delivery about issue `number`.
    func delivery(_ number: Int) -> (body: [UInt8], headers: HTTPHeaders) {
        let body = before + Array(String(number).utf8) + after
        return (
            body,
            [
                "Content-Type": "application/json", "X-GitHub-Event": "issues", "X-GitHub-Delivery": "d-\(number)",
                "X-Hub-Signature-256": "sha256=" + Hex.encode(key.sign(body)),
            ]
        )
    }
}
