// SPDX-License-Identifier: MIT
import Testing

@testable import ServiceRuntime

@Suite struct MetricsRegistryTests {
    @Test func rendersSortedPrometheusText() {
        let registry = MetricsRegistry()
        registry.gauge("open_connections", help: "Open now.").set(2.5)
        registry.counter("requests_total", help: "Served\nso far.", labels: ["code": "200", "a": "x\"y\\z\n"])
            .increment()
        registry.counter("requests_total", help: "Served\nso far.", labels: ["code": "404"]).increment(by: 3)
        let latency = registry.histogram("latency_seconds", help: "Spread.", labels: ["op": "get"], buckets: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { latency.observe(value) }
        latency.observe(.milliseconds(250))
        #expect(
            registry.render() == #"""
                # HELP latency_seconds Spread.
                # TYPE latency_seconds histogram
                latency_seconds_bucket{op="get",le="0.1"} 2
                latency_seconds_bucket{op="get",le="1"} 4
                latency_seconds_bucket{op="get",le="+Inf"} 5
                latency_seconds_sum{op="get"} 7.9
                latency_seconds_count{op="get"} 5
                # HELP open_connections Open now.
                # TYPE open_connections gauge
                open_connections 2.5
                # HELP requests_total Served\nso far.
                # TYPE requests_total counter
                requests_total{a="x\"y\\z\n",code="200"} 1
                requests_total{code="404"} 3

                """#)
    }

    @Test func theSameNameAndLabelsGiveTheSameInstrument() {
        let registry = MetricsRegistry()
        let first = registry.counter("a_total", help: "A.", labels: ["x": "1", "y": "2"])
        #expect(first === registry.counter("a_total", help: "A.", labels: ["y": "2", "x": "1"]))
        #expect(first !== registry.counter("a_total", help: "A."))
    }

    @Test func countsFromManyTasksAreNotLost() async {
        let registry = MetricsRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { registry.counter("a_total", help: "A.").increment() }
                }
            }
        }
        #expect(registry.counter("a_total", help: "A.").value == 8000)
    }

    @Test(arguments: [(0, "0"), (-3, "-3"), (0.25, "0.25"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN")])
    func numbersAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
        #expect(metricNumber(value) == text)
    }

    @Test(arguments: [("a_total", true), ("A9", true), ("9a", false), ("", false), ("a-b", false), ("ä", false)])
    func names(name: String, isName: Bool) {
        #expect(MetricLabels.isName(name) == isName)
    }
}
