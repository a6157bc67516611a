// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPServing
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import SystemCalls

/// Passes requests on to the run API with the pod's own token, which the agent's container never sees.
///
/// What the token is good for is the run API's to decide; that it is the pod's is all that the broker adds.
struct RunAPIProxy: BrokerPart {
    /// Which of the two words of the broker this is for.
    enum Word: Sendable { case run, tools }

    let word: Word
    let configuration: BrokerConfiguration
    let client: HTTPClient
    let logger: Logger

    /// As much as the run API takes.
    var maximumBodyBytes: Int { 2 << 20 }

    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse {
        guard let target = Self.path(word, request.method, path) else {
            return .text("the run API has no such path\n", status: .notFound)
        }
        guard request.body.count <= maximumBodyBytes else { return tooLarge }
        guard let upstream = configuration.runAPI, let file = configuration.runAPITokenFile else {
            return .text("no run API is configured for this run\n", status: .notFound)
        }
        let token: Secret<String>
        // Read each time: the kubelet renews it.
        do { token = Secret(try Self.token(file)) } catch {
            logger.error("the run API's token cannot be read", ["error": "\(error)"])
            return .text("the broker has no token for the run API yet\n", status: .serviceUnavailable)
        }
        var headers: HTTPHeaders = ["Authorization": "Bearer \(token.reveal())"]
        for name in ["Accept", "Content-Type", "MCP-Protocol-Version", "Mcp-Session-Id", "Origin", "Last-Event-ID"] {
            if let value = request.headers[name] { headers[name] = value }
        }
        do {
            let answer = try await client.stream(
                ClientRequest(
                    method: request.method, url: upstream + target, headers: headers,
                    body: request.method == .get ? nil : request.body, timeout: .seconds(10 * 60),
                    idleTimeout: .seconds(60)))
            if !answer.status.isSuccess {
                logger.warning("the run API refused", ["path": target, "status": "\(answer.status.rawValue)"])
            }
            return Self.relay(answer)
        } catch {
            logger.warning("the run API cannot be reached", ["path": target, "error": "\(error)"])
            return .text("the broker cannot reach the run API: \(error.summary)\n", status: .badGateway)
        }
    }

    /// The path below the run API's address; nil for one that it does not have. Made of plain words alone, so that
    /// nothing in it has to be escaped.
    static func path(_ word: Word, _ method: HTTPMethod, _ segments: [String]) -> String? {
        switch (word, method, segments.count) {
        case (.tools, .post, 0), (.tools, .get, 0), (.tools, .delete, 0): "/v1/mcp"
        case (.run, .post, 1) where segments[0] == "progress": "/v1/run/progress"
        case (.run, .get, 1) where segments[0] == "session": "/v1/run/session"
        case (.run, .get, 2), (.run, .put, 2), (.run, .get, 4), (.run, .put, 4):
            segments[0] == "session" && segments.dropFirst().allSatisfy(SessionName.isValid)
                && (segments.count == 2 || segments[2] == "chunks")
                ? "/v1/run/" + segments.joined(separator: "/") : nil
        default: nil
        }
    }

    private static func token(_ file: String) throws(SystemError) -> String {
        let text = try Files.readText(file, limit: 64 << 10)
        return String(text.split(whereSeparator: \.isWhitespace).first ?? "")
    }

    /// A refused token is ours, not something that the agent's container could mend by another one.
    private static func relay(_ answer: StreamingResponse) -> ServerResponse {
        var headers: HTTPHeaders = ["Cache-Control": "no-store"]
        for name in ["Content-Type", "Retry-After", "Mcp-Session-Id", "Allow"] {
            if let value = answer.headers[name] { headers[name] = value }
        }
        return ServerResponse(
            status: answer.status == .unauthorized ? .badGateway : answer.status, headers: headers,
            body: .stream { writer in for try await chunk in answer.body { try await writer.write(chunk) } })
    }
}
