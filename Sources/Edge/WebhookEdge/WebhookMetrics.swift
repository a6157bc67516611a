// SPDX-License-Identifier: MIT
import GitHubEvents
import ServiceRuntime

/// Counts deliveries: `codexk8s_webhook_requests_total{event,result,reason}` and
/// `codexk8s_webhook_request_duration_seconds`.
struct WebhookMetrics: Sendable {
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) {
        self.registry = registry
    }

    /// - Parameters:
    ///   - kind: nil when the header was not read.
    ///   - duration: from the whole body to the answer; nil when it was refused before.
    func record(_ kind: GitHubEventKind?, _ outcome: WebhookOutcome, duration: Duration?) {
        registry.counter(
            "codexk8s_webhook_requests_total", help: "Webhook deliveries by event, result and reason.",
            labels: ["event": kind?.rawValue ?? "unknown", "result": outcome.result, "reason": outcome.reason]
        ).increment()
        guard let duration else { return }
        registry.histogram(
            "codexk8s_webhook_request_duration_seconds", help: "Time from a whole delivery to its answer.",
            labels: ["result": outcome.result]
        ).observe(duration)
    }
}
