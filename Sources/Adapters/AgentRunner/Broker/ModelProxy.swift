// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SystemCalls

/// Passes the agent's requests on to the model provider with the key, which never leaves this process.
///
/// Answers are streamed as they come. A rate limit is waited out here, for as long as the provider asks: the agent only
/// sees a slow answer, and the run's clock stands still meanwhile. Every other answer is the agent's to see.
struct ModelProxy: BrokerPart {
    /// The largest request, in bytes: a conversation with its images.
    static let maximumBodyBytes = 64 << 20
    /// The longest answer to 429 that is read.
    private static let longestError = 64 << 10

    let configuration: BrokerConfiguration
    let client: HTTPClient
    let meter: ModelMeter
    let logger: Logger
    var clock: any Clock<Duration> = ContinuousClock()
    var time = WallClock.system

    var maximumBodyBytes: Int { Self.maximumBodyBytes }

    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse {
        guard let route = ModelRoute(request, below: path) else {
            return Self.error(.notFound, "the broker passes on requests for responses and models alone", "not_found")
        }
        guard request.body.count <= maximumBodyBytes else { return tooLarge }
        if let refusal = ModelPolicy(model: configuration.model).refusal(of: route, body: request.body) {
            logger.warning("a request to the model was refused", ["reason": refusal.reason])
            return Self.error(refusal.status, refusal.reason, refusal.code)
        }
        guard let upstream = configuration.upstreamModel else {
            return Self.error(.serviceUnavailable, "no model is configured for this run", "no_model")
        }
        let number = meter.request()
        defer { meter.wait(nil, request: number) }
        do {
            return try await forward(route, request, number, to: upstream)
        } catch let error as HTTPClientError {
            logger.error("the model cannot be reached", ["error": error.description])
            return Self.error(
                .badGateway, "the broker cannot reach the model: \(error.summary)", "upstream_unreachable")
        } catch {
            logger.error("a request to the model failed", ["error": "\(error)"])
            return Self.error(
                .serviceUnavailable, "the broker cannot ask the model now: \(error)", "broker_unavailable")
        }
    }

    /// The answer to a request that is too large.
    var tooLarge: ServerResponse {
        Self.error(
            .contentTooLarge, "the request is larger than the \(maximumBodyBytes >> 20) MiB that the broker passes on",
            "request_too_large")
    }

    /// Sends the request, again after each rate limit.
    private func forward(
        _ route: ModelRoute, _ request: ServerRequest, _ number: Int, to upstream: String
    ) async throws -> ServerResponse {
        let end = time.now().adding(configuration.rateLimitPatience)
        var attempt = 1
        while true {
            // Read each time: the controller may renew it while the run goes on.
            let key = try key()
            var headers = ModelHeaders.request(request.headers)
            headers["Authorization"] = "Bearer \(key.reveal())"
            let answer = try await client.stream(
                ClientRequest(
                    method: route.method, url: upstream + route.upstreamPath, headers: headers,
                    body: route.method == .post ? request.body : nil, timeout: nil,
                    idleTimeout: configuration.modelSilence))
            logger.info("model request", ["path": route.upstreamPath, "status": String(answer.status.rawValue)])
            guard Self.asksToWait(answer) else { return relay(answer, key) }
            // What cannot be read of it says nothing; how long to wait stands in the header.
            let body = (try? await answer.body.collect(maximumBytes: Self.longestError)) ?? []
            guard let wait = RateLimitWait(headers: answer.headers, body: body, attempt: attempt, now: time.now()),
                time.now().adding(.seconds(wait.seconds)) <= end
            else { return relay(answer, body, key) }
            try await pause(wait, number)
            attempt += 1
        }
    }

    /// A rate limit; or an overload whose end the provider knows, which clients do not try again for long enough.
    private static func asksToWait(_ answer: StreamingResponse) -> Bool {
        answer.status == .tooManyRequests
            || answer.status == .serviceUnavailable && answer.headers["Retry-After"] != nil
    }

    private func pause(_ wait: RateLimitWait, _ number: Int) async throws {
        let until = time.now().adding(.seconds(wait.seconds))
        meter.wait(
            .init(
                state: WaitState.rateLimit.rawValue, reason: "the model provider asked to wait \(wait.seconds) s",
                until: until.microseconds / 1_000_000), request: number)
        logger.info("the model's rate limit is waited out", ["seconds": String(wait.seconds)])
        try await clock.sleep(for: .seconds(wait.seconds))
    }

    /// Streams the answer, counts what it says it used, and hides the key where the provider repeats it.
    private func relay(_ answer: StreamingResponse, _ key: Secret<String>) -> ServerResponse {
        if let refusal = Self.refusal(of: answer) { return refusal }
        let body = answer.body
        let contentType = answer.headers["Content-Type"]
        return ServerResponse(
            status: answer.status, headers: ModelHeaders.response(answer.headers, key: key.reveal()),
            body: .stream { [meter, logger] writer in
                var mask = KeyMask(key.reveal())
                var reader = UsageReader(contentType: contentType)
                do {
                    for try await chunk in body {
                        for usage in reader.take(chunk) { meter.add(usage) }
                        let shown = mask.pass(chunk)
                        if !shown.isEmpty { try await writer.write(shown) }
                    }
                } catch let error as HTTPClientError {
                    logger.warning("the model's answer was cut", ["error": error.description])
                    throw error
                }
                if let usage = reader.finish() { meter.add(usage) }
                if reader.hasMissed { logger.warning("the usage of an answer is unknown: its last event is too long") }
                let rest = mask.finish()
                if !rest.isEmpty { try await writer.write(rest) }
            })
    }

    /// An answer whose body was read already.
    private func relay(_ answer: StreamingResponse, _ body: [UInt8], _ key: Secret<String>) -> ServerResponse {
        if let refusal = Self.refusal(of: answer) { return refusal }
        var mask = KeyMask(key.reveal())
        return ServerResponse(
            status: answer.status, headers: ModelHeaders.response(answer.headers, key: key.reveal()),
            body: .bytes(mask.pass(body) + mask.finish()))
    }

    /// A compressed answer is not passed on: nobody asked for it, and the key could be in there.
    private static func refusal(of answer: StreamingResponse) -> ServerResponse? {
        if ["identity", nil].contains(answer.headers["Content-Encoding"]) { return nil }
        return error(.badGateway, "the model's answer is compressed", "upstream_compressed")
    }

    private func key() throws -> Secret<String> {
        let text = try Files.readText(configuration.modelKeyFile, limit: 16 << 10)
        let key = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard !key.isEmpty else {
            throw RunnerError.configuration(variable: configuration.modelKeyFile, problem: "is empty")
        }
        return Secret(key)
    }

    /// An error in the provider's shape, so that every client can show it.
    static func error(_ status: HTTPStatus, _ message: String, _ code: String) -> ServerResponse {
        .json(
            ["error": ["message": .string(message), "type": "broker_error", "param": nil, "code": .string(code)]],
            status: status)
    }
}
