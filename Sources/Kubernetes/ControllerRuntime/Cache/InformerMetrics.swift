// SPDX-License-Identifier: MIT
import KubernetesAPI
import ServiceRuntime

/// What an informer counts: the names of Kubernetes 1.36 for informers, those of its reflectors, and one of ours.
struct InformerMetrics: Sendable {
    /// Changes that handlers have not been told yet.
    let queued: Gauge
    /// From a change's arrival to the end of the handlers' work on it.
    let latency: Histogram
    /// The version of the store, modulo 10^15, which a double holds exactly.
    let resourceVersion: Gauge
    /// Lists that were begun.
    let lists: Counter
    /// From a list's beginning to its end, with every attempt.
    let listDuration: Histogram
    /// Watches that were begun.
    let watches: Counter
    /// Watches that ended at once and said nothing.
    let shortWatches: Counter
    /// Objects that their model could not read, each time one is met.
    let undecodable: Counter

    init(_ registry: MetricsRegistry, type: ResourceType) {
        let labels = [
            "name": "codex-k8s", "group": type.group, "version": type.version, "resource": type.plural,
        ]
        let reflector = ["name": type.qualifiedName]
        queued = registry.gauge(
            "informer_queued_items", help: "Changes that handlers have not been told yet.", labels: labels)
        latency = registry.histogram(
            "informer_processing_latency_seconds", help: "Time from a change's arrival to the end of its handlers.",
            labels: labels)
        resourceVersion = registry.gauge(
            "informer_store_resource_version", help: "Version of the cache modulo 10^15.", labels: labels)
        lists = registry.counter("reflector_lists_total", help: "Lists that were begun.", labels: reflector)
        listDuration = registry.histogram(
            "reflector_list_duration_seconds", help: "Time from a list's beginning to its end.", labels: reflector)
        watches = registry.counter("reflector_watches_total", help: "Watches that were begun.", labels: reflector)
        shortWatches = registry.counter(
            "reflector_short_watches_total", help: "Watches that ended at once and said nothing.", labels: reflector)
        undecodable = registry.counter(
            "codexk8s_undecodable_objects_total", help: "Objects that their model could not read.",
            labels: ["resource": type.qualifiedName])
    }

    /// Shows a version; one that is no number is not shown.
    func show(resourceVersion text: String) {
        guard ResourceVersion(text) != nil, let number = Double(text.suffix(15)) else { return }
        resourceVersion.set(number)
    }
}
