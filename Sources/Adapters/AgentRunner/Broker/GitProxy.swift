// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import HTTPServing
import HTTPTransport
import HTTPTypes
import ServiceRuntime
import SystemCalls

/// Answers git's requests by asking the upstream with the run's token, which never leaves this process.
struct GitProxy: BrokerPart {
    let configuration: BrokerConfiguration
    let client: HTTPClient
    let logger: Logger

    func answer(_ request: ServerRequest, below path: [String]) async -> ServerResponse {
        guard let route = GitRoute(method: request.method, segments: path, service: request.query["service"]) else {
            return .text("not found\n", status: .notFound)
        }
        if route == .push, let refusal = refusal(request) { return refusal }
        return await forward(route, request)
    }

    private var policy: PushPolicy {
        PushPolicy(branch: configuration.branch, isDiscussion: configuration.isDiscussion)
    }

    private func refusal(_ request: ServerRequest) -> ServerResponse? {
        // git compresses what it asks for, never what it pushes; looking into it would take a decompressor.
        if let coding = request.headers["Content-Encoding"], coding != "identity" {
            return .text("a compressed push is not accepted\n", status: .unsupportedMediaType)
        }
        let push: ReceivePackRequest
        do throws(ReceivePackRequest.Failure) { push = try ReceivePackRequest(request.body) } catch {
            logger.warning("push refused", ["reason": "\(error)"])
            return .text("the push cannot be read: \(error)\n", status: .badRequest)
        }
        guard case .refused(let reason) = policy.judge(push) else { return nil }
        let refs = OneLine.make(push.commands.map(\.reference).joined(separator: " "), limit: 300)
        logger.warning("push refused", ["reason": reason, "refs": refs])
        guard let report = ReceivePackReport.refusal(reason, of: push) else {
            return .text("\(reason)\n", status: .forbidden)
        }
        let headers: HTTPHeaders = [
            "Content-Type": "application/x-git-receive-pack-result", "Cache-Control": "no-cache",
        ]
        return ServerResponse(status: .ok, headers: headers, body: .bytes(report))
    }

    private func forward(_ route: GitRoute, _ request: ServerRequest) async -> ServerResponse {
        let authorization: Secret<String>
        do { authorization = try credential() } catch {
            logger.error("the git token cannot be read", ["error": "\(error)"])
            return .text("the broker has no credential yet\n", status: .serviceUnavailable)
        }
        do {
            let answer = try await client.stream(upstreamRequest(route, request, authorization))
            logger.info("git request", ["path": route.upstreamPath, "status": "\(answer.status.rawValue)"])
            return relay(answer)
        } catch {
            logger.error("the upstream cannot be reached", ["path": route.upstreamPath, "error": "\(error)"])
            return .text("the broker cannot reach the upstream: \(error)\n", status: .badGateway)
        }
    }

    private func upstreamRequest(
        _ route: GitRoute, _ request: ServerRequest, _ authorization: Secret<String>
    ) -> ClientRequest {
        var headers: HTTPHeaders = ["Authorization": authorization.reveal()]
        if let type = route.requestType { headers["Content-Type"] = type }
        for name in ["Accept", "Git-Protocol", "Content-Encoding"] {
            if let value = request.headers[name] { headers[name] = value }
        }
        return ClientRequest(
            method: route.method, url: configuration.upstream + route.upstreamPath, headers: headers,
            body: route.method == .post ? request.body : nil, timeout: .seconds(30 * 60),
            idleTimeout: Self.patience(sending: request.body.count))
    }

    /// How long the upstream may be silent. It is while a pack is on its way to it, which on a slow line takes longer than
    /// any answer should.
    static func patience(sending bytes: Int) -> Duration { .seconds(120 + bytes / slowestLine) }

    /// Bytes a second.
    private static let slowestLine = 128 << 10

    /// Tells git what the upstream said. A refused credential is ours, not something that git could be asked for.
    private func relay(_ answer: StreamingResponse) -> ServerResponse {
        if answer.status == .unauthorized {
            return .text("the upstream refused the run's credential\n", status: .badGateway)
        }
        var headers: HTTPHeaders = ["Cache-Control": "no-cache"]
        for name in ["Content-Type", "Content-Encoding"] {
            if let value = answer.headers[name] { headers[name] = value }
        }
        return ServerResponse(
            status: answer.status, headers: headers,
            body: .stream { writer in
                for try await chunk in answer.body { try await writer.write(chunk) }
            })
    }

    /// Read each time: the token lives an hour and the controller renews it while the run goes on.
    private func credential() throws -> Secret<String> {
        let token = try Files.readText(configuration.tokenFile, limit: 16 << 10)
        let pair = "x-access-token:\(token.trimmingSuffix(while: \.isWhitespace))"
        return Secret("Basic \(Base64.encode(Array(pair.utf8)))")
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}
