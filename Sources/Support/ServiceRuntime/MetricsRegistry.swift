// SPDX-License-Identifier: MIT
import Synchronization

/// The numbers that a process shows on `/metrics`.
///
/// Asking twice for the same name and labels gives the same instrument, so that code may ask where it counts. Names
/// and labels follow Prometheus: `codexk8s_…`, unit as suffix, `_total` for counters; label values must come from a
/// small set, never from input, or memory grows with the traffic.
package final class MetricsRegistry: Sendable {
    private enum Kind: String {
        case counter, gauge, histogram
    }

    private enum Instrument {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    private struct Family {
        var kind: Kind
        var help: String
        var instruments: [MetricLabels: Instrument] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let collectors = Mutex<[@Sendable () -> Void]>([])

    /// Makes an empty registry.
    package init() {}

    /// The counter of this name and these labels: a number that only grows.
    package func counter(_ name: String, help: String, labels: [String: String] = [:]) -> Counter {
        families.withLock { families in
            let labels = MetricLabels(labels)
            if case .counter(let known)? = Self.family(name, .counter, help, &families).instruments[labels] {
                return known
            }
            let made = Counter()
            families[name]?.instruments[labels] = .counter(made)
            return made
        }
    }

    /// The gauge of this name and these labels: a number that goes up and down.
    package func gauge(_ name: String, help: String, labels: [String: String] = [:]) -> Gauge {
        families.withLock { families in
            let labels = MetricLabels(labels)
            if case .gauge(let known)? = Self.family(name, .gauge, help, &families).instruments[labels] {
                return known
            }
            let made = Gauge()
            families[name]?.instruments[labels] = .gauge(made)
            return made
        }
    }

    /// The histogram of this name and these labels: how many observations were at most as large as each bucket.
    ///
    /// - Parameter buckets: ascending upper bounds; those of the first caller count.
    package func histogram(
        _ name: String, help: String, labels: [String: String] = [:], buckets: [Double] = Histogram.secondsBuckets
    ) -> Histogram {
        families.withLock { families in
            let labels = MetricLabels(labels)
            if case .histogram(let known)? = Self.family(name, .histogram, help, &families).instruments[labels] {
                return known
            }
            let made = Histogram(buckets: buckets)
            families[name]?.instruments[labels] = .histogram(made)
            return made
        }
    }

    /// Calls the body before each rendering: for numbers that grow while nothing happens, such as the age of something.
    ///
    /// - Parameter body: stays for the life of the registry, so it should hold what it looks at weakly.
    package func beforeRendering(_ body: @escaping @Sendable () -> Void) {
        collectors.withLock { $0.append(body) }
    }

    /// Finds or makes the family. One name for two kinds is a mistake in the program, not in its input.
    private static func family(
        _ name: String, _ kind: Kind, _ help: String, _ families: inout [String: Family]
    ) -> Family {
        if let known = families[name] {
            precondition(known.kind == kind, "metric \(name) is a \(known.kind.rawValue), not a \(kind.rawValue)")
            return known
        }
        precondition(MetricLabels.isName(name), "\(name) is not a metric name")
        let made = Family(kind: kind, help: help)
        families[name] = made
        return made
    }

    /// Everything in the Prometheus text format 0.0.4, sorted, so that two renderings can be compared.
    package func render() -> String {
        for collect in collectors.withLock({ $0 }) { collect() }
        let snapshot = families.withLock { $0 }
        var text = ""
        for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(MetricLabels.escapedHelp(family.help))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, instrument) in family.instruments.sorted(by: { $0.key.text < $1.key.text }) {
                switch instrument {
                case .counter(let counter): text += "\(name)\(labels.braced) \(metricNumber(counter.value))\n"
                case .gauge(let gauge): text += "\(name)\(labels.braced) \(metricNumber(gauge.value))\n"
                case .histogram(let histogram): text += Self.render(histogram, name, labels)
                }
            }
        }
        return text
    }

    private static func render(_ histogram: Histogram, _ name: String, _ labels: MetricLabels) -> String {
        let snapshot = histogram.snapshot
        var text = ""
        var cumulative = 0
        for (bound, count) in zip(histogram.buckets + [.infinity], snapshot.counts) {
            cumulative += count
            text += "\(name)_bucket\(labels.braced(adding: "le", metricNumber(bound))) \(cumulative)\n"
        }
        text += "\(name)_sum\(labels.braced) \(metricNumber(snapshot.sum))\n"
        text += "\(name)_count\(labels.braced) \(cumulative)\n"
        return text
    }
}

/// A number as Prometheus writes it: no fraction for whole numbers, `+Inf`, `-Inf`, `NaN`.
func metricNumber(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return "\(value)"
}
