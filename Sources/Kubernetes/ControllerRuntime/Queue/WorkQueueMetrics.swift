// SPDX-License-Identifier: MIT
import ServiceRuntime

/// The numbers of a queue, under the names that existing dashboards know.
struct WorkQueueMetrics: Sendable {
    let adds: Counter
    let retries: Counter
    let queueing: Histogram
    let work: Histogram
    private let normalDepth: Gauge
    private let lowDepth: Gauge
    private let unfinished: Gauge
    private let longest: Gauge

    /// Ten nanoseconds to a thousand seconds, a factor of ten apart.
    private static let buckets: [Double] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]

    init(name: String, registry: MetricsRegistry) {
        let labels = ["name": name, "controller": name]
        adds = registry.counter("workqueue_adds_total", help: "Keys added.", labels: labels)
        retries = registry.counter("workqueue_retries_total", help: "Keys added again after a failure.", labels: labels)
        queueing = registry.histogram(
            "workqueue_queue_duration_seconds", help: "Time in line.", labels: labels, buckets: Self.buckets)
        work = registry.histogram(
            "workqueue_work_duration_seconds", help: "Time of work.", labels: labels, buckets: Self.buckets)
        func depth(_ priority: String) -> Gauge {
            registry.gauge(
                "workqueue_depth", help: "Keys in line.", labels: labels.merging(["priority": priority]) { $1 })
        }
        normalDepth = depth("0")
        lowDepth = depth("-100")
        unfinished = registry.gauge(
            "workqueue_unfinished_work_seconds", help: "Time spent on work under way, summed.", labels: labels)
        longest = registry.gauge(
            "workqueue_longest_running_processor_seconds", help: "Time spent on the longest work under way.",
            labels: labels)
    }

    func record<Key>(_ machine: WorkQueueMachine<Key>) {
        normalDepth.set(Double(machine.normalDepth))
        lowDepth.set(Double(machine.depth - machine.normalDepth))
    }

    func record(running: [Duration]) {
        unfinished.set(running.reduce(.zero, +) / .seconds(1))
        longest.set((running.max() ?? .zero) / .seconds(1))
    }
}
