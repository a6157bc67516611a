// SPDX-License-Identifier: MIT
import ServiceRuntime

/// The numbers of a queue, under the names that existing dashboards know.
struct WorkQueueMetrics: Sendable {
    let adds: Counter
    let retries: Counter
    let queueing: Histogram
    let work: Histogram
    private let depths: [(priority: WorkPriority, gauge: Gauge)]
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
        depths = WorkPriority.allCases.map { priority in
            let gauge = registry.gauge(
                "workqueue_depth", help: "Keys in line.",
                labels: labels.merging(["priority": "\(priority.rawValue)"]) { $1 })
            return (priority, gauge)
        }
        unfinished = registry.gauge(
            "workqueue_unfinished_work_seconds", help: "Time spent on work under way, summed.", labels: labels)
        longest = registry.gauge(
            "workqueue_longest_running_processor_seconds", help: "Time spent on the longest work under way.",
            labels: labels)
    }

    func record(depth: (WorkPriority) -> Int) {
        for (priority, gauge) in depths { gauge.set(Double(depth(priority))) }
    }

    func record(running: [Duration]) {
        unfinished.set(running.reduce(.zero, +) / .seconds(1))
        longest.set((running.max() ?? .zero) / .seconds(1))
    }
}
