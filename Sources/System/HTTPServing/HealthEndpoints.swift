// SPDX-License-Identifier: MIT
import HTTPTypes
package import ServiceRuntime

/// `/healthz`, `/readyz` and `/metrics`, the same in every process.
///
/// `/healthz` fails when only a restart can help, `/readyz` while the process cannot do its work. Both are made of
/// checks: `?verbose` shows each, `?exclude=NAME` leaves one out (it may be given several times), and `/readyz/NAME`
/// asks one alone, as those of the Kubernetes components do.
package struct HealthEndpoints: Sendable {
    private let metrics: MetricsRegistry
    private let live: [HealthCheck]
    private let ready: [HealthCheck]

    /// Endpoints of named checks.
    ///
    /// - Parameters:
    ///   - metrics: what `/metrics` shows.
    ///   - live: what only a restart mends.
    ///   - ready: what the process waits for before it can do its work.
    package init(metrics: MetricsRegistry, live: [HealthCheck], ready: [HealthCheck]) {
        self.metrics = metrics
        self.live = live
        self.ready = ready
    }

    /// Endpoints of a process that is well as long as it answers.
    ///
    /// - Parameter notReady: what the process still waits for, in words; empty when it can do its work.
    package init(metrics: MetricsRegistry, notReady: @escaping @Sendable () async -> [String] = { [] }) {
        let check = HealthCheck("start") {
            let missing = await notReady()
            return missing.isEmpty ? nil : "waiting for: \(missing.joined(separator: ", "))"
        }
        self.init(metrics: metrics, live: [], ready: [check])
    }

    /// Adds the routes.
    package func add(to router: inout Router) {
        add("/healthz", live, to: &router)
        add("/readyz", ready, to: &router)
        router.add(.get, "/metrics") { [metrics] _ in
            .text(metrics.render(), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    private func add(_ path: String, _ checks: [HealthCheck], to router: inout Router) {
        router.add(.get, path) { request in
            let query = request.target.query
            let excluded = Set(query.filter { $0.name == "exclude" }.map(\.value))
            return await Self.answer(
                checks.filter { !excluded.contains($0.name) }, isVerbose: query.contains { $0.name == "verbose" })
        }
        for check in checks {
            router.add(.get, "\(path)/\(check.name)") { _ in await Self.answer([check], isVerbose: false) }
        }
    }

    private static func answer(_ checks: [HealthCheck], isVerbose: Bool) async -> ServerResponse {
        var lines: [String] = []
        var problems: [String] = []
        for check in checks {
            let problem = await check.problem()
            lines.append(problem.map { "[-]\(check.name) failed: \($0)" } ?? "[+]\(check.name) ok")
            if let problem { problems.append("\(check.name): \(problem)") }
        }
        let result = problems.isEmpty ? "ok" : problems.joined(separator: "\n")
        let text = isVerbose ? (lines + [problems.isEmpty ? "ok" : "failed"]).joined(separator: "\n") : result
        return .text("\(text)\n", status: problems.isEmpty ? .ok : .serviceUnavailable)
    }
}
