// SPDX-License-Identifier: MIT
package import HTTPServing
import HTTPTransport
package import HTTPTypes
package import JSONCoding
package import KubernetesClient
package import ServiceRuntime
import Synchronization

/// An HTTP server on a free loopback port that answers as a test says, and remembers what it was asked.
package final class ScriptedServer: Sendable {
    /// Answers a request.
    package typealias Handler = @Sendable (ServerRequest) async -> ServerResponse

    /// Where the server listens.
    package let url: String
    private let log: Mutex<[ServerRequest]>
    private let http = HTTPClient()

    private init(scheme: String, port: Int, log: [ServerRequest] = []) {
        url = "\(scheme)://127.0.0.1:\(port)"
        self.log = Mutex(log)
    }

    /// Runs the body with a server that answers by the handler; the server ends with it.
    ///
    /// - Parameter tls: the certificate and key to serve HTTPS with; nil serves HTTP.
    @discardableResult
    package static func run<T: Sendable>(
        tls: (certificate: String, key: String)? = nil, _ handler: @escaping Handler, _ body: @Sendable (ScriptedServer) async throws -> T
    ) async throws -> T {
        let recorder = Recorder()
        var configuration = ServerConfiguration()
        configuration.drainPeriod = .milliseconds(200)
        configuration.tls = tls.map { ($0.certificate, $0.key) }
        let server = HTTPServer(configuration: configuration, logger: .disabled) { request in
            recorder.record(request)
            return await handler(request)
        }
        let serving = Task { try await server.run() }
        defer { serving.cancel() }
        let scripted = ScriptedServer(
            scheme: tls == nil ? "http" : "https", port: try await server.waitUntilListening())
        recorder.attach(scripted)
        let result = try await body(scripted)
        scripted.http.shutdown()
        serving.cancel()
        _ = try? await serving.value
        return result
    }

    /// What was asked so far, in order of arrival.
    package var requests: [ServerRequest] { log.withLock { $0 } }

    /// What was asked so far, as `METHOD path?query`.
    package var requestLines: [String] { requests.map { "\($0.method) \($0.rawTarget)" } }

    fileprivate func append(_ request: ServerRequest) {
        log.withLock { $0.append(request) }
    }

    /// A client of this server.
    package func client(
        token: ClusterConfiguration.TokenLocation? = nil, retryPolicy: RetryPolicy = .never,
        clock: any Clock<Duration> = ContinuousClock(), metrics: MetricsRegistry = MetricsRegistry(),
        maximumRequestsInFlight: Int = 64, detailedMetrics: Bool = false
    ) -> APIClient {
        APIClient(
            configuration: ClusterConfiguration(server: url, token: token), http: http, metrics: metrics,
            retryPolicy: retryPolicy, clock: clock, maximumRequestsInFlight: maximumRequestsInFlight,
            detailedMetrics: detailedMetrics)
    }
}

private final class Recorder: Sendable {
    private let server = Mutex<ScriptedServer?>(nil)

    func attach(_ scripted: ScriptedServer) { server.withLock { $0 = scripted } }
    func record(_ request: ServerRequest) { server.withLock { $0 }?.append(request) }
}

/// Answers for scripts.
extension ServerResponse {
    /// A `Status` of failure.
    package static func failure(
        _ code: Int, _ reason: String, _ message: String = "scripted", headers: HTTPHeaders = [:]
    ) -> ServerResponse {
        .json(statusValue(code, reason, message), status: HTTPStatus(rawValue: code), headers: headers)
    }

    /// A watch that sends these chunks and ends.
    package static func watch(_ chunks: [[UInt8]]) -> ServerResponse {
        .stream(contentType: "application/json") { writer in
            for chunk in chunks { try await writer.write(chunk) }
        }
    }

    /// A watch that sends these lines and ends.
    package static func watch(_ lines: JSONValue...) -> ServerResponse {
        watch(lines.map { $0.encoded() + [UInt8(ascii: "\n")] })
    }

    /// A watch that sends these lines and then nothing, for as long as the client likes.
    package static func endlessWatch(_ lines: JSONValue...) -> ServerResponse {
        let bytes = lines.map { $0.encoded() + [UInt8(ascii: "\n")] }
        return .stream(contentType: "application/json") { writer in
            for line in bytes { try await writer.write(line) }
            try await Task.sleep(for: .seconds(3600))
        }
    }
}

/// A `Status` of failure on the wire.
package func statusValue(_ code: Int, _ reason: String, _ message: String = "scripted") -> JSONValue {
    [
        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
        "reason": .string(reason), "code": .integer(Int64(code)),
    ]
}

/// A config map on the wire.
package func configMapValue(_ name: String, version: Int, data: [String: String] = [:]) -> JSONValue {
    [
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": [
            "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"),
            "resourceVersion": .string(String(version)), "managedFields": [["manager": "someone"]],
        ],
        "data": JSONValue(data),
    ]
}

/// A list on the wire.
package func listValue(_ items: [JSONValue], version: Int, continue next: String? = nil) -> JSONValue {
    var metadata: JSONValue = ["resourceVersion": .string(String(version))]
    if let next { metadata["continue"] = .string(next) }
    return ["kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": .array(items)]
}

/// A message of a watch on the wire.
package func eventValue(_ type: String, _ object: JSONValue) -> JSONValue {
    ["type": .string(type), "object": object]
}
