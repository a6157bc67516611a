// SPDX-License-Identifier: MIT
import ServiceRuntime

/// The numbers of a controller, under the names that existing dashboards know.
struct ControllerMetrics: Sendable {
    let success: Counter
    let error: Counter
    let requeue: Counter
    let requeueAfter: Counter
    let activeWorkers: Gauge
    let duration: Histogram
    let errors: Counter
    let terminalErrors: Counter
    let timeouts: Counter
    let selfTriggers: Counter

    private static let buckets: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5,
        1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ]

    init(name: String, workers: Int, registry: MetricsRegistry) {
        let labels = ["controller": name]
        func counter(_ metric: String, _ help: String, _ more: [String: String] = [:]) -> Counter {
            registry.counter(metric, help: help, labels: labels.merging(more) { $1 })
        }
        func total(_ result: String) -> Counter {
            counter("controller_runtime_reconcile_total", "Reconciles by result.", ["result": result])
        }
        success = total("success")
        error = total("error")
        requeue = total("requeue")
        requeueAfter = total("requeue_after")
        errors = counter("controller_runtime_reconcile_errors_total", "Reconciles that failed.")
        terminalErrors = counter(
            "controller_runtime_terminal_reconcile_errors_total", "Reconciles that failed for good.")
        // A reconciler reports by values and errors alone, so this stays zero; alerts look for it all the same.
        _ = counter("controller_runtime_reconcile_panics_total", "Reconciles that crashed; always zero here.")
        timeouts = counter("controller_runtime_reconcile_timeouts_total", "Reconciles that passed their deadline.")
        selfTriggers = counter(
            "codexk8s_self_trigger_warnings_total", "Keys reconciled over and over without a change of their spec.")
        activeWorkers = registry.gauge(
            "controller_runtime_active_workers", help: "Workers that reconcile now.", labels: labels)
        duration = registry.histogram(
            "controller_runtime_reconcile_time_seconds", help: "Time of a reconcile.", labels: labels,
            buckets: Self.buckets)
        registry.gauge(
            "controller_runtime_max_concurrent_reconciles", help: "Workers of the controller.", labels: labels
        ).set(Double(workers))
    }
}
