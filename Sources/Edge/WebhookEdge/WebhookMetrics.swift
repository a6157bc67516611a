// SPDX-License-Identifier: MIT
import GitHubEvents
import ServiceRuntime
import Synchronization

/// Counts deliveries: `codexk8s_webhook_requests_total{event,result,reason}` and
/// `codexk8s_webhook_request_duration_seconds`.
///
/// Keeps the instruments that it asked for: rendering their labels costs more than counting does.
final class WebhookMetrics: Sendable {
    private struct Key: Hashable {
        let kind: GitHubEventKind?
        let result: String
        let reason: String
    }

    private let registry: MetricsRegistry
    private let counters = Mutex<[Key: Counter]>([:])
    private let histograms = Mutex<[String: Histogram]>([:])

    init(_ registry: MetricsRegistry) {
        self.registry = registry
    }

    /// - Parameters:
    ///   - kind: nil when the header was not read.
    ///   - duration: from the whole body to the answer; nil when it was refused before.
    func record(_ kind: GitHubEventKind?, _ outcome: WebhookOutcome, duration: Duration?) {
        counter(Key(kind: kind, result: outcome.result, reason: outcome.reason)).increment()
        if let duration { histogram(outcome.result).observe(duration) }
    }

    private func counter(_ key: Key) -> Counter {
        counters.withLock { counters in
            if let known = counters[key] { return known }
            let made = registry.counter(
                "codexk8s_webhook_requests_total", help: "Webhook deliveries by event, result and reason.",
                labels: ["event": key.kind?.rawValue ?? "unknown", "result": key.result, "reason": key.reason])
            counters[key] = made
            return made
        }
    }

    private func histogram(_ result: String) -> Histogram {
        histograms.withLock { histograms in
            if let known = histograms[result] { return known }
            let made = registry.histogram(
                "codexk8s_webhook_request_duration_seconds", help: "Time from a whole delivery to its answer.",
                labels: ["result": result])
            histograms[result] = made
            return made
        }
    }
}
