// SPDX-License-Identifier: MIT
import HTTPTypes
import ServiceRuntime

/// Counts requests under the names that dashboards for Kubernetes clients expect.
struct ClientMetrics: Sendable {
    private let registry: MetricsRegistry
    private let host: String

    init(registry: MetricsRegistry, server: String) {
        self.registry = registry
        let rest = server.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
        host = rest.map(String.init) ?? server
    }

    /// A code of nil means that there was no answer. Paths and names are no labels: there is no end to them.
    func record(method: HTTPMethod, code: Int?, duration: Duration) {
        registry.counter(
            "rest_client_requests_total", help: "Requests to the API server by code, method and host.",
            labels: ["code": code.map(String.init) ?? "<error>", "method": method.rawValue, "host": host]
        ).increment()
        registry.histogram(
            "rest_client_request_duration_seconds", help: "Time to the answer's end, or to a stream's beginning.",
            labels: ["verb": method.rawValue, "host": host]
        ).observe(duration)
    }
}
