// SPDX-License-Identifier: MIT
import ServiceRuntime

/// The numbers of an election, under the names that existing dashboards and alerts know.
struct ElectionMetrics: Sendable {
    /// 1 while this process leads.
    let isLeading: Gauge
    /// Renewals that had to look at the lease first.
    let slowpath: Counter

    init(name: String, registry: MetricsRegistry) {
        isLeading = registry.gauge(
            "leader_election_master_status", help: "1 while this process leads, else 0.", labels: ["name": name])
        slowpath = registry.counter(
            "leader_election_slowpath_total", help: "Renewals that had to look at the lease before they could write it.",
            labels: ["name": name])
        isLeading.set(0)
    }
}
