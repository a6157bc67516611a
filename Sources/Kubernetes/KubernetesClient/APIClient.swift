// SPDX-License-Identifier: MIT
package import HTTPTransport
package import HTTPTypes
package import JSONCoding
package import KubernetesAPI
package import ServiceRuntime

/// Talks to one API server as one identity.
///
/// Every request has a deadline, obeys cancellation, is counted, and is repeated only where that is safe
/// (`RetryPolicy`). There is no rate limit of our own: the server's priority and fairness says `429` and is obeyed, and
/// the number of requests under way is bounded, so that a client which falls behind queues here and not there.
package final class APIClient: Sendable {
    /// Which server, and as whom.
    package let configuration: ClusterConfiguration
    let http: HTTPClient
    let logger: Logger
    let credentials: Credentials
    let retryPolicy: RetryPolicy
    let clock: any Clock<Duration>
    let metrics: ClientMetrics
    let inFlight: InFlightLimit
    let writeGuard: (any WriteGuard)?
    private let proxy: HTTPClient.Configuration.Proxy

    /// A client; nothing is sent or read before the first request.
    ///
    /// - Parameters:
    ///   - http: shared by clients; connections are kept apart by server and credentials. What must be in time whatever
    ///     else is sent, such as a lease, gets an `HTTPClient` and an `APIClient` of its own: a connection, a thread and
    ///     a limit that nobody else uses.
    ///   - clock: waits between attempts.
    ///   - writeGuard: asked before every attempt of a request that changes something; nil lets all pass.
    ///   - maximumRequestsInFlight: how many requests may be under way at once; the others wait in order of arrival.
    ///     Watches do not count: they last. API servers were seen to do no more with 32 or 64 than with 16, and every
    ///     request under way makes each turn of the transport longer.
    ///   - detailedMetrics: whether durations, sizes and repetitions are counted beside the requests, as
    ///     controller-runtime leaves them to who wants them.
    package convenience init(
        configuration: ClusterConfiguration, http: HTTPClient, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), retryPolicy: RetryPolicy = RetryPolicy(),
        clock: any Clock<Duration> = ContinuousClock(), writeGuard: (any WriteGuard)? = nil,
        maximumRequestsInFlight: Int = 32, detailedMetrics: Bool = false
    ) {
        self.init(
            configuration: configuration, http: http, logger: logger, metrics: metrics, retryPolicy: retryPolicy,
            clock: clock, writeGuard: writeGuard, maximumRequestsInFlight: maximumRequestsInFlight,
            detailedMetrics: detailedMetrics, now: { .now }, retirement: Credentials.retirement)
    }

    /// The same with other times for credentials, for tests.
    ///
    /// - Parameters:
    ///   - now: by which files and programs are asked again.
    ///   - retirement: how long connections made with replaced credentials may go on.
    init(
        configuration: ClusterConfiguration, http: HTTPClient, logger: Logger = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), retryPolicy: RetryPolicy = RetryPolicy(),
        clock: any Clock<Duration> = ContinuousClock(), writeGuard: (any WriteGuard)? = nil,
        maximumRequestsInFlight: Int = 64, detailedMetrics: Bool = false,
        now: @escaping @Sendable () -> ContinuousClock.Instant, retirement: Duration
    ) {
        self.writeGuard = writeGuard
        self.configuration = configuration
        self.http = http
        self.logger = logger
        self.retryPolicy = retryPolicy
        self.clock = clock
        self.metrics = ClientMetrics(
            registry: metrics, server: configuration.server, isDetailed: detailedMetrics)
        inFlight = InFlightLimit(maximumRequestsInFlight)
        proxy = configuration.proxy.map { .url($0.reveal()) } ?? HTTPClient.Configuration.Proxy.none
        credentials = Credentials(
            configuration, metrics: metrics, logger: logger, now: now, retirement: retirement,
            retire: { [weak http] old, delay in http?.retireConnections(of: old, after: delay) })
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

    /// The request as the transport takes it.
    func prepare(_ request: APIRequest, as identity: Credentials.Identity) -> ClientRequest {
        var headers = identity.headers
        headers.add(name: "Accept", value: request.accept)
        if request.body != nil { headers.add(name: "Content-Type", value: request.contentType) }
        let query = request.query.isEmpty ? "" : "?" + RequestTarget.queryString(request.query)
        return ClientRequest(
            method: request.method, url: configuration.server + request.path + query, headers: headers,
            body: request.body, timeout: request.timeout, tls: identity.tls, proxy: proxy)
    }

    static func cancelled(_ label: String) -> APIError {
        APIError(reason: .cancelled, message: "the request was cancelled", request: label)
    }

    static func transportError(_ error: HTTPClientError, label: String) -> APIError {
        error.code == .cancelled
            ? cancelled(label)
            : APIError(
                reason: .transport, message: "\(error)", request: label, mayHaveBeenDone: error.mayHaveBeenProcessed,
                cause: error.code)
    }
}

extension Clock where Duration == Swift.Duration {
    func sleep(for duration: Duration) async throws {
        try await sleep(until: now.advanced(by: duration), tolerance: nil)
    }
}
