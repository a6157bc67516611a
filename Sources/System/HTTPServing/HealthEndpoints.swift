// SPDX-License-Identifier: MIT
import HTTPTypes
package import ServiceRuntime

/// `/healthz`, `/readyz` and `/metrics`, the same in every process.
package struct HealthEndpoints: Sendable {
    private let metrics: MetricsRegistry
    private let notReady: @Sendable () async -> [String]

    /// - Parameters:
    ///   - metrics: what `/metrics` shows.
    ///   - notReady: what the process still waits for, in words; empty when it can do its work.
    package init(metrics: MetricsRegistry, notReady: @escaping @Sendable () async -> [String] = { [] }) {
        self.metrics = metrics
        self.notReady = notReady
    }

    /// Adds the three routes.
    package func add(to router: inout Router) {
        router.add(.get, "/healthz") { _ in .text("ok\n") }
        router.add(.get, "/readyz") { [notReady] _ in
            let missing = await notReady()
            guard !missing.isEmpty else { return .text("ok\n") }
            return .text("waiting for: \(missing.joined(separator: ", "))\n", status: .serviceUnavailable)
        }
        router.add(.get, "/metrics") { [metrics] _ in
            .text(metrics.render(), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
