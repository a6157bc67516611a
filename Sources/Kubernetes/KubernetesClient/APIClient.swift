// SPDX-License-Identifier: MIT
package import HTTPTransport
package import HTTPTypes
package import JSONCoding
package import KubernetesAPI
package import ServiceRuntime

/// Talks to one API server as one identity.
///
/// Every request has a deadline, obeys cancellation, is counted, and is repeated only where that is safe
/// (`RetryPolicy`). There is no rate limit of our own: the server's priority and fairness says `429` and is obeyed.
package final class APIClient: Sendable {
    /// Which server, and as whom.
    package let configuration: ClusterConfiguration
    let http: HTTPClient
    let logger: Logger
    private let credentials: Credentials
    private let retryPolicy: RetryPolicy
    private let clock: any Clock<Duration>
    private let metrics: ClientMetrics
    private let writeGuard: (any WriteGuard)?

    /// - Parameters:
    ///   - http: shared by clients; connections are kept apart by server and credentials.
    ///   - writeGuard: asked before every attempt of a request that changes something; nil lets all pass.
    ///   - clock: waits between attempts.
    package init(
        configuration: ClusterConfiguration, http: HTTPClient, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), retryPolicy: RetryPolicy = RetryPolicy(),
        clock: any Clock<Duration> = ContinuousClock(), writeGuard: (any WriteGuard)? = nil
    ) {
        self.writeGuard = writeGuard
        self.configuration = configuration
        self.http = http
        self.logger = logger
        self.retryPolicy = retryPolicy
        self.clock = clock
        self.metrics = ClientMetrics(registry: metrics, server: configuration.server)
        credentials = Credentials(configuration)
    }

    /// The objects of a type that is known when compiling; in one namespace, or in all.
    package func resource<R: Resource>(_ type: R.Type, namespace: String? = nil) -> ResourceClient<R> {
        ResourceClient(client: self, type: R.resourceType, namespace: namespace)
    }

    /// The objects of any type, whole.
    package func objects(_ type: ResourceType, namespace: String? = nil) -> ResourceClient<DynamicObject> {
        ResourceClient(client: self, type: type, namespace: namespace)
    }

    /// Sends any request and reads its answer as JSON; an empty answer reads as null.
    package func request(
        _ method: HTTPMethod, _ path: String, query: [RequestTarget.QueryItem] = [], body: JSONValue? = nil,
        contentType: String = "application/json"
    ) async throws(APIError) -> JSONValue {
        try await json(APIRequest(method, path, query: query, body: body, contentType: contentType))
    }

    /// Sends a request and reads its answer as JSON.
    package func json(_ request: APIRequest, limits: JSONLimits = .default) async throws(APIError) -> JSONValue {
        let response = try await send(request)
        guard !response.body.isEmpty else { return .null }
        do {
            return try JSONValue.parse(response.body, limits: limits)
        } catch {
            throw APIError(
                reason: .undecodable, status: response.status, message: "the answer is not JSON: \(error)",
                request: request.label)
        }
    }

    /// Sends a request, again where that is safe, and returns an answer with a status of success.
    ///
    /// Throws `APIError` for every other outcome.
    package func send(_ request: APIRequest) async throws(APIError) -> ClientResponse {
        var attempt = 1
        var waited = Duration.zero
        var mayRenewToken = true
        while true {
            let error: APIError
            let token = try await credentials.token()
            do throws(APIError) {
                return try await attemptOnce(request, token: token)
            } catch let failure {
                error = failure
            }
            if error.reason == .unauthorized, mayRenewToken {
                mayRenewToken = false
                if await credentials.renewToken(refused: token) { continue }
            }
            let delay = retryPolicy.delay(
                method: request.method, error: error, attempt: attempt, waited: waited,
                random: Double.random(in: 0...1))
            guard let delay else { throw error }
            logger.debug(
                "request is repeated",
                ["request": request.label, "attempt": "\(attempt)", "delay": "\(delay)", "error": "\(error)"])
            await pause(delay)
            if Task.isCancelled { throw Self.cancelled(request.label) }
            waited += delay
            attempt += 1
        }
    }

    private func attemptOnce(
        _ request: APIRequest, token: Secret<String>?
    ) async throws(APIError) -> ClientResponse {
        let prepared = try await prepare(request, token: token, idleTimeout: nil)
        // Last, so that no wait lies between the question and the sending.
        if request.method.isWrite { try writeGuard?.checkWrite() }
        let start = ContinuousClock.now
        let response: ClientResponse
        do {
            response = try await http.send(prepared)
        } catch {
            metrics.record(method: request.method, code: nil, duration: .now - start)
            throw Self.transportError(error, label: request.label)
        }
        metrics.record(method: request.method, code: response.status.rawValue, duration: .now - start)
        guard response.status.isSuccess else {
            throw APIError(
                status: response.status, headers: response.headers, body: response.body, request: request.label)
        }
        return response
    }

    /// Opens a stream; the answer has a status of success. Nothing is repeated but a refused token.
    func stream(_ request: APIRequest, idleTimeout: Duration) async throws(APIError) -> StreamingResponse {
        var mayRenewToken = true
        while true {
            let token = try await credentials.token()
            let prepared = try await prepare(request, token: token, idleTimeout: idleTimeout)
            let start = ContinuousClock.now
            let response: StreamingResponse
            do {
                response = try await http.stream(prepared)
            } catch {
                metrics.record(method: request.method, code: nil, duration: .now - start)
                throw Self.transportError(error, label: request.label)
            }
            metrics.record(method: request.method, code: response.status.rawValue, duration: .now - start)
            if response.status.isSuccess { return response }
            let body = await Self.beginning(of: response)
            let error = APIError(
                status: response.status, headers: response.headers, body: body, request: request.label)
            guard error.reason == .unauthorized, mayRenewToken else { throw error }
            mayRenewToken = false
            guard await credentials.renewToken(refused: token) else { throw error }
        }
    }

    /// An error's body is small; what is longer than 64 KiB is cut.
    private static func beginning(of response: StreamingResponse) async -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                bytes += chunk
                if bytes.count > 65_536 { break }
            }
        } catch {
            // What has come says enough.
        }
        return bytes
    }

    private func prepare(
        _ request: APIRequest, token: Secret<String>?, idleTimeout: Duration?
    ) async throws(APIError) -> ClientRequest {
        var headers: HTTPHeaders = ["Accept": request.accept]
        if request.body != nil { headers["Content-Type"] = request.contentType }
        if let token { headers["Authorization"] = "Bearer \(token.reveal())" }
        if let person = configuration.impersonation {
            headers["Impersonate-User"] = person.user
            for group in person.groups { headers.add(name: "Impersonate-Group", value: group) }
        }
        let query = request.query.isEmpty ? "" : "?" + RequestTarget.queryString(request.query)
        var prepared = ClientRequest(method: request.method, url: configuration.server + request.path + query)
        prepared.headers = headers
        prepared.body = request.body
        prepared.timeout = request.timeout
        prepared.idleTimeout = idleTimeout
        prepared.tls = try await credentials.tls()
        return prepared
    }

    private func pause(_ delay: Duration) async {
        // Cancellation is looked at by the caller.
        try? await clock.sleep(for: delay)
    }

    static func cancelled(_ label: String) -> APIError {
        APIError(reason: .cancelled, message: "the request was cancelled", request: label)
    }

    static func transportError(_ error: HTTPClientError, label: String) -> APIError {
        error.code == .cancelled
            ? cancelled(label)
            : APIError(
                reason: .transport, message: "\(error)", request: label, mayHaveBeenDone: error.mayHaveBeenProcessed)
    }
}

extension Clock where Duration == Swift.Duration {
    func sleep(for duration: Duration) async throws {
        try await sleep(until: now.advanced(by: duration), tolerance: nil)
    }
}
