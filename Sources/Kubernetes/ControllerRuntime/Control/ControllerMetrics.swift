// SPDX-License-Identifier: MIT
import ServiceRuntime

/// The numbers of a controller, under the names that existing dashboards know.
struct ControllerMetrics: Sendable {
    private let registry: MetricsRegistry
    private let name: String
    let activeWorkers: Gauge
    let duration: Histogram
    let errors: Counter
    let terminalErrors: Counter
    let timeouts: Counter

    private static let buckets: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5,
        1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ]

    init(name: String, workers: Int, registry: MetricsRegistry) {
        self.registry = registry
        self.name = name
        let labels = ["controller": name]
        activeWorkers = registry.gauge(
            "controller_runtime_active_workers", help: "Workers that reconcile now.", labels: labels)
        duration = registry.histogram(
            "controller_runtime_reconcile_time_seconds", help: "Time of a reconcile.", labels: labels,
            buckets: Self.buckets)
        errors = registry.counter(
            "controller_runtime_reconcile_errors_total", help: "Reconciles that failed.", labels: labels)
        terminalErrors = registry.counter(
            "controller_runtime_terminal_reconcile_errors_total", help: "Reconciles that failed for good.",
            labels: labels)
        timeouts = registry.counter(
            "controller_runtime_reconcile_timeouts_total", help: "Reconciles that passed their deadline.",
            labels: labels)
        registry.gauge(
            "controller_runtime_max_concurrent_reconciles", help: "Workers of the controller.", labels: labels
        ).set(Double(workers))
        for result in ["success", "error", "requeue", "requeue_after"] { _ = total(result) }
    }

    func total(_ result: String) -> Counter {
        registry.counter(
            "controller_runtime_reconcile_total", help: "Reconciles by result.",
            labels: ["controller": name, "result": result])
    }
}
