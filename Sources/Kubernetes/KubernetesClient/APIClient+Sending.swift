// SPDX-License-Identifier: MIT
package import HTTPTransport
import HTTPTypes
import ServiceRuntime

extension APIClient {
    /// Sends a request, again where that is safe, and returns an answer with a status of success.
    ///
    /// Throws `APIError` for every other outcome.
    package func send(_ request: APIRequest) async throws(APIError) -> ClientResponse {
        var attempt = 1
        var waited = Duration.zero
        var mayRenew = true
        while true {
            let error: APIError
            let identity = try await identity(for: request)
            do throws(APIError) {
                return try await attemptOnce(request, as: identity)
            } catch let failure {
                error = failure
            }
            if mayRenew, let refusal = Self.refusal(error) {
                mayRenew = false
                if try await credentials.renew(identity, after: refusal) { continue }
            }
            let delay = retryPolicy.delay(
                method: request.method, error: error, attempt: attempt, waited: waited,
                random: Double.random(in: 0...1))
            guard let delay else { throw error }
            metrics.recordRetry(request, code: error.status?.rawValue)
            logger.debug(
                "request is repeated",
                ["request": request.label, "attempt": "\(attempt)", "delay": "\(delay)", "error": "\(error)"])
            // Cancellation is looked at right after.
            try? await clock.sleep(for: delay)
            if Task.isCancelled { throw Self.cancelled(request.label) }
            waited += delay
            attempt += 1
        }
    }

    /// A place among the requests under way is held for the attempt only, not while waiting for the next one.
    private func attemptOnce(
        _ request: APIRequest, as identity: Credentials.Identity
    ) async throws(APIError) -> ClientResponse {
        guard await inFlight.acquire() else { throw Self.cancelled(request.label) }
        defer { inFlight.release() }
        let prepared = prepare(request, as: identity)
        // Last, so that no wait lies between the question and the sending.
        if request.method.isWrite { try writeGuard?.checkWrite() }
        let start = ContinuousClock.now
        let response: ClientResponse
        do {
            response = try await http.send(prepared)
        } catch {
            metrics.record(request, code: nil, duration: .now - start)
            throw Self.transportError(error, label: request.label)
        }
        metrics.record(
            request, code: response.status.rawValue, duration: .now - start, responseSize: response.body.count)
        guard response.status.isSuccess else {
            throw APIError(
                status: response.status, headers: response.headers, body: response.body, request: request.label)
        }
        return response
    }

    /// Opens a stream; the answer has a status of success. Nothing is repeated but with renewed credentials.
    func stream(_ request: APIRequest, idleTimeout: Duration) async throws(APIError) -> StreamingResponse {
        var mayRenew = true
        while true {
            let error: APIError
            let identity = try await identity(for: request)
            do throws(APIError) {
                return try await openOnce(request, as: identity, idleTimeout: idleTimeout)
            } catch let failure {
                error = failure
            }
            guard mayRenew, let refusal = Self.refusal(error) else { throw error }
            mayRenew = false
            guard try await credentials.renew(identity, after: refusal) else { throw error }
        }
    }

    private func openOnce(
        _ request: APIRequest, as identity: Credentials.Identity, idleTimeout: Duration
    ) async throws(APIError) -> StreamingResponse {
        var prepared = prepare(request, as: identity)
        prepared.idleTimeout = idleTimeout
        let start = ContinuousClock.now
        let response: StreamingResponse
        do {
            response = try await http.stream(prepared)
        } catch {
            metrics.record(request, code: nil, duration: .now - start)
            throw Self.transportError(error, label: request.label)
        }
        metrics.record(request, code: response.status.rawValue, duration: .now - start)
        if response.status.isSuccess { return response }
        let body = await Self.beginning(of: response)
        throw APIError(status: response.status, headers: response.headers, body: body, request: request.label)
    }

    private func identity(for request: APIRequest) async throws(APIError) -> Credentials.Identity {
        do throws(APIError) {
            return try await credentials.current()
        } catch {
            throw APIError(
                reason: error.reason, message: error.message, request: request.label, mayHaveBeenDone: false)
        }
    }

    private static func refusal(_ error: APIError) -> Credentials.Refusal? {
        if error.reason == .unauthorized { return .unauthorized }
        return error.cause == .tls ? .untrusted : nil
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
}
