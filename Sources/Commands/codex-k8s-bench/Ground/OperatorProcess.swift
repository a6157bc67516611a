// SPDX-License-Identifier: MIT
import ChildProcesses
import HTTPServing
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import SystemCalls

/// The operator under test in a process of its own: ours, or a peer.
struct OperatorProcess: Sendable {
    let child: Child
    /// Where it serves /readyz and /metrics.
    let address: String
    let startedAt: ContinuousClock.Instant
    private let http: HTTPClient

    var meter: ProcessMeter { child.meter }

    /// Starts the operator; it is not ready yet.
    ///
    /// - Parameter kubeconfig: as its own service account, directly or by way of the proxy.
    static func start(_ ground: Ground, kubeconfig: String, name: String) async throws -> OperatorProcess {
        let port = try await FreePort.find()
        let address = "http://127.0.0.1:\(port)"
        let log = "\(ground.directory)/\(name).log"
        let started = ContinuousClock.now
        let child: Child
        if let peer = ground.settings.peer {
            child = try await Child.start(
                "/bin/sh", ["-c", "exec \(peer)"],
                environment: ProcessIdentity.environment.merging([
                    "KUBECONFIG": kubeconfig, "BENCH_NAMESPACE": Ground.namespace, "BENCH_PORT": String(port),
                ]) { $1 }, log: log)
        } else {
            child = try await Child.start(
                "\(ground.settings.binaries)/codex-k8s",
                [
                    "controller", "--kubeconfig", kubeconfig, "--config", ground.configurationFile,
                    "--listen", "127.0.0.1:\(port)", "--log-level", "warning",
                ], environment: ["CODEXK8S_DATABASE_URL": ground.databaseURL], log: log)
        }
        return OperatorProcess(child: child, address: address, startedAt: started, http: ground.http)
    }

    /// Returns when /readyz says so, with the time since the start.
    func waitUntilReady(every pause: Duration = .milliseconds(1)) async throws -> Duration {
        try await child.wait(for: "starting the operator", every: pause) {
            let answer = try? await http.send(ClientRequest(url: "\(address)/readyz", timeout: .seconds(1)))
            return answer?.status == .ok ? ContinuousClock.now - startedAt : nil
        }
    }

    /// Returns when the operator works: it is ready, leads, and has looked once for labels whose webhook was lost, so that
    /// it does not take the issues that are opened from here on for such.
    func waitUntilWorking(peer: Bool) async throws {
        _ = try await waitUntilReady(every: .milliseconds(20))
        guard !peer else { return }
        _ = try await child.wait(for: "leading", every: .milliseconds(20)) {
            try await metric("leader_election_master_status") > 0 ? true : nil
        }
        try await Task.sleep(for: .milliseconds(500))
    }

    /// The sum of a metric over its labels, of which some may be asked for; 0 where there is none.
    func metric(_ name: String, where matches: (Substring) -> Bool = { _ in true }) async throws -> Double {
        let answer = try await http.send(ClientRequest(url: "\(address)/metrics", timeout: .seconds(5)))
        var sum = 0.0
        for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.first == "{" || rest.first == " ", matches(rest), let value = rest.split(separator: " ").last else { continue }
            sum += Double(value) ?? 0
        }
        return sum
    }

    func stop() async { await child.stop() }
}

/// A port of loopback that nobody listens on at the moment.
enum FreePort {
    static func find() async throws -> Int {
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { _ in .empty(.ok) }
        let task = Task { try await server.run() }
        let port = try await server.waitUntilListening()
        task.cancel()
        _ = try? await task.value
        return port
    }
}
