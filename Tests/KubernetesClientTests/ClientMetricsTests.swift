// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesTestSupport
import ServiceRuntime
import Synchronization
import Testing

@testable import KubernetesClient

@Suite(.timeLimit(.minutes(1))) struct ClientMetricsTests {
    @Test func `requests are counted under the ecosystem's names`() async throws {
        let metrics = MetricsRegistry()
        let attempts = Mutex(0)
        let handler: ScriptedServer.Handler = { _ in
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            return attempt == 1
                ? .failure(503, "ServiceUnavailable", headers: ["Retry-After": "0"])
                : .json(configMapValue("a", version: 1))
        }
        try await ScriptedServer.run(handler) { server in
            let client = server.client(
                retryPolicy: RetryPolicy(initialDelay: .milliseconds(1)), metrics: metrics, detailedMetrics: true)
            _ = try await client.resource(ConfigMap.self, namespace: "default").create(
                ConfigMap(metadata: ObjectMeta(name: "a")))
            let host = server.url.dropFirst("http://".count)
            let lines = metrics.render().split(separator: "\n").map(String.init)
            for line in [
                #"rest_client_requests_total{code="201-or-200",host="H",method="POST"} 1"#,
                #"rest_client_requests_total{code="503",host="H",method="POST"} 1"#,
                #"rest_client_request_retries_total{code="503",host="H",verb="POST"} 1"#,
                #"rest_client_request_duration_seconds_count{host="H",verb="POST"} 2"#,
                #"rest_client_request_size_bytes_count{host="H",verb="POST"} 2"#,
                #"rest_client_response_size_bytes_count{host="H",verb="POST"} 2"#,
            ] {
                let wanted = line.replacing("201-or-200", with: "200").replacing("\"H\"", with: "\"\(host)\"")
                #expect(lines.contains(wanted), "\(wanted)")
            }
        }
    }

    @Test func `details are left to who wants them`() {
        let metrics = MetricsRegistry()
        let counts = ClientMetrics(registry: metrics, server: "https://host:6443/prefix", isDetailed: false)
        let request = APIRequest(.get, "/version")
        counts.record(request, code: 200, duration: .seconds(1), responseSize: 5)
        counts.recordRetry(request, code: 200)
        let names = metrics.render().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(names == [#"rest_client_requests_total{code="200",host="host:6443",method="GET"} 1"#])
    }

    @Test func `what a server or a caller makes up is no label`() {
        let metrics = MetricsRegistry()
        let counts = ClientMetrics(registry: metrics, server: "https://h", isDetailed: true)
        for code in [nil, 0, 99, 600, 999, 1_000_000] as [Int?] {
            for method in ["BREW", "WHEN", "PROPFIND"] {
                counts.record(
                    APIRequest(HTTPMethod(rawValue: method), "/"), code: code, duration: .zero, responseSize: nil)
            }
        }
        let series = metrics.render().split(separator: "\n").filter { $0.hasPrefix("rest_client_requests_total{") }
        #expect(
            series == [
                #"rest_client_requests_total{code="<error>",host="h",method="OTHER"} 3"#,
                #"rest_client_requests_total{code="<invalid>",host="h",method="OTHER"} 15"#,
            ])
    }
}

@Suite(.timeLimit(.minutes(1))) struct RepetitionAgainstServerTests {
    /// The wait is the server's date, and the request comes again after it.
    @Test func `a date in Retry-After is the least that is waited`() async throws {
        let clock = ManualClock()
        let attempts = Collector<Int>()
        let handler: ScriptedServer.Handler = { _ in
            attempts.append(1)
            guard attempts.values.count == 1 else { return .json(configMapValue("a", version: 1)) }
            let date = httpDate(in: 20)
            return .failure(503, "ServiceUnavailable", headers: ["Retry-After": date])
        }
        try await ScriptedServer.run(handler) { server in
            let maps = server.client(retryPolicy: RetryPolicy(), clock: clock).resource(
                ConfigMap.self, namespace: "default")
            let creation = Task { try await maps.create(ConfigMap(metadata: ObjectMeta(name: "a"))) }
            await clock.waitForSleepers()
            clock.advance(by: .seconds(15))
            #expect(attempts.values.count == 1)
            // The date, at most half of it as jitter.
            clock.advance(by: .seconds(15))
            _ = try await creation.value
            #expect(attempts.values.count == 2)
        }
    }

    @Test func `a read is repeated when nobody listens, until the tries are over`() async throws {
        let metrics = MetricsRegistry()
        let http = HTTPClient()
        // Nobody listens on port 1 of a loopback address that nobody uses.
        let client = APIClient(
            configuration: ClusterConfiguration(server: "http://127.0.0.9:1"), http: http, metrics: metrics,
            retryPolicy: RetryPolicy(initialDelay: .microseconds(1), maximumDelay: .microseconds(1)))
        await #expect {
            try await client.resource(ConfigMap.self, namespace: "default").get("a")
        } throws: { ($0 as? APIError)?.cause == .connectionFailed }
        #expect(metrics.render().contains(#"{code="<error>",host="127.0.0.9:1",method="GET"} 10"#))
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, some seconds from now.
private func httpDate(in seconds: Int) -> String {
    let text = Timestamp.now.adding(.seconds(seconds)).wholeSeconds.description
    let parts = text.split { "-T:Z".contains($0) }.map(String.init)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return "Sun, \(parts[2]) \(months[(Int(parts[1]) ?? 1) - 1]) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) GMT"
}
