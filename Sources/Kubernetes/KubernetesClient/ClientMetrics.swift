// SPDX-License-Identifier: MIT
import HTTPTypes
import ServiceRuntime
import Synchronization

/// Counts requests under the names that client-go and controller-runtime have made the ecosystem's.
///
/// Paths and object names are no labels: there is no end to them. Instruments are looked up once for each method and
/// code: a look-up by name and labels costs more than the rest of a request's bookkeeping.
final class ClientMetrics: Sendable {
    /// The instruments of a method that are opt-in with controller-runtime too.
    private struct Detail {
        let duration: Histogram
        let requestSize: Histogram
        let responseSize: Histogram
    }

    private struct Known {
        /// By method and code.
        var results: [Int: Counter] = [:]
        var retries: [Int: Counter] = [:]
        var details: [Int: Detail] = [:]
    }

    private let registry: MetricsRegistry
    private let host: String
    private let isDetailed: Bool
    private let known = Mutex(Known())

    /// - Parameter isDetailed: whether durations, sizes and repetitions are counted beside the requests.
    init(registry: MetricsRegistry, server: String, isDetailed: Bool) {
        self.registry = registry
        self.isDetailed = isDetailed
        let rest = server.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
        host = rest.map(String.init) ?? server
    }

    /// Counts an attempt.
    ///
    /// - Parameters:
    ///   - code: nil when there was no answer.
    ///   - responseSize: nil for a stream.
    func record(_ request: APIRequest, code: Int?, duration: Duration, responseSize: Int? = nil) {
        let (result, detail) = known.withLock { known -> (Counter, Detail?) in
            let result = counter(&known.results, Self.results, "method", request.method, code)
            return (result, self.detail(&known, request.method))
        }
        result.increment()
        guard let detail else { return }
        detail.duration.observe(duration)
        detail.requestSize.observe(Double(request.body?.count ?? 0))
        if let responseSize { detail.responseSize.observe(Double(responseSize)) }
    }

    /// Counts a decision to send once more.
    func recordRetry(_ request: APIRequest, code: Int?) {
        guard isDetailed else { return }
        known.withLock { counter(&$0.retries, Self.retries, "verb", request.method, code) }.increment()
    }

    private static let results = (
        name: "rest_client_requests_total",
        help: "Number of HTTP requests, partitioned by status code, method, and host."
    )
    private static let retries = (
        name: "rest_client_request_retries_total",
        help: "Number of request retries, partitioned by status code, verb, and host."
    )
    /// Bytes, from 64 to 16 MiB.
    private static let sizeBuckets: [Double] = [
        64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    ]
    /// Seconds.
    private static let durationBuckets: [Double] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
    private static let methods: [HTTPMethod] = [.get, .head, .post, .put, .patch, .delete, .options]

    private func counter(
        _ counters: inout [Int: Counter], _ family: (name: String, help: String), _ label: String, _ method: HTTPMethod,
        _ code: Int?
    ) -> Counter {
        let index = Self.index(method)
        // A server may answer any number: what is no status is one label.
        let code = code.map { (100..<600).contains($0) ? $0 : 0 }
        let key = index * 1000 + (code ?? 999)
        if let counter = counters[key] { return counter }
        let text = code.map { $0 == 0 ? "<invalid>" : String($0) } ?? "<error>"
        let counter = registry.counter(
            family.name, help: family.help, labels: ["code": text, label: Self.name(index), "host": host])
        counters[key] = counter
        return counter
    }

    private func detail(_ known: inout Known, _ method: HTTPMethod) -> Detail? {
        guard isDetailed else { return nil }
        let index = Self.index(method)
        if let detail = known.details[index] { return detail }
        let labels = ["verb": Self.name(index), "host": host]
        let detail = Detail(
            duration: registry.histogram(
                "rest_client_request_duration_seconds",
                help: "Request latency in seconds. Broken down by verb, and host.", labels: labels,
                buckets: Self.durationBuckets),
            requestSize: registry.histogram(
                "rest_client_request_size_bytes", help: "Request size in bytes. Broken down by verb and host.",
                labels: labels, buckets: Self.sizeBuckets),
            responseSize: registry.histogram(
                "rest_client_response_size_bytes", help: "Response size in bytes. Broken down by verb and host.",
                labels: labels, buckets: Self.sizeBuckets))
        known.details[index] = detail
        return detail
    }

    private static func index(_ method: HTTPMethod) -> Int { methods.firstIndex(of: method) ?? methods.count }

    private static func name(_ index: Int) -> String { index < methods.count ? methods[index].rawValue : "OTHER" }
}
