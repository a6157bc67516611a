// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization

/// Answers requests: checks them as a provider would, and does what the script and the directives say.
final class ModelResponder: Sendable {
    private struct State {
        var requests: [ModelRequest] = []
        var count = 0
        /// How often a directive was obeyed, by it and the task that it stands in.
        var obeyed: [String: Int] = [:]
    }

    /// The most requests, and the most directives, that are remembered.
    private static let memory = 10_000

    private let key: Secret<String>
    private let runsCommands: Bool
    private let logger: Logger
    private let state = Mutex(State())

    init(key: Secret<String>, runsCommands: Bool, logger: Logger) {
        self.key = key
        self.runsCommands = runsCommands
        self.logger = logger
    }

    /// The requests that were answered, in order.
    var requests: [ModelRequest] { state.withLock { $0.requests } }

    func answer(_ request: ServerRequest) async -> ServerResponse {
        guard request.headers["Authorization"] == "Bearer \(key.reveal())" else {
            return Self.error(
                .unauthorized, "Incorrect API key provided.", type: "invalid_request_error", code: "invalid_api_key")
        }
        switch (request.method, request.segments) {
        case (.get, ["v1", "models"]): return .json(["object": "list", "data": []])
        case (.post, ["v1", "responses"]): return await respond(request)
        default:
            return Self.error(.notFound, "Unknown request URL.", type: "invalid_request_error", code: "unknown_url")
        }
    }

    private func respond(_ request: ServerRequest) async -> ServerResponse {
        let conversation: ModelConversation
        do {
            guard let json = try? JSONValue.parse(request.body), json.objectValue != nil else {
                return Self.error(.badRequest, "The body is no JSON object.", type: "invalid_request_error", code: nil)
            }
            conversation = try ModelConversation(json)
        } catch {
            return Self.error(
                .badRequest, error.message, type: "invalid_request_error", code: nil, parameter: error.parameter)
        }
        let directives = ModelDirective.all(in: conversation.task)
        for case .slow(let milliseconds) in directives { try? await Task.sleep(for: .milliseconds(milliseconds)) }
        if let refusal = refusal(directives, conversation) { return refusal }
        return answer(conversation, directives)
    }

    /// The error that a directive asks for now.
    private func refusal(_ directives: [ModelDirective], _ conversation: ModelConversation) -> ServerResponse? {
        for directive in directives {
            switch directive {
            case .status(let status, let times, let retryAfter)
            where obeys(directive, times: times, conversation):
                note(conversation, status: status, usage: nil)
                let isLimit = status == 429
                var response = Self.error(
                    HTTPStatus(rawValue: status), "The prompt asks for status \(status).",
                    type: isLimit ? "rate_limit_error" : "server_error", code: isLimit ? "rate_limit_exceeded" : nil)
                if let retryAfter { response.headers["Retry-After"] = String(retryAfter) }
                return response
            case .forget where conversation.hasEarlierTurns:
                note(conversation, status: 400, usage: nil)
                return Self.error(
                    .badRequest, "The encrypted content of the reasoning items could not be verified.",
                    type: "invalid_request_error", code: "invalid_encrypted_content")
            default: continue
            }
        }
        return nil
    }

    private func answer(_ conversation: ModelConversation, _ directives: [ModelDirective]) -> ServerResponse {
        let script = ModelScript(conversation: conversation, runsCommands: runsCommands)
        var step = script.step
        if directives.contains(.tellKey), case .message(let text) = step {
            step = .message("\(text) The key is \(key.reveal()).")
        }
        let isCut = directives.contains {
            if case .cut(let times) = $0 { obeys($0, times: times, conversation) } else { false }
        }
        let hangs = directives.contains(.hang)
        let usage = ModelUsage(conversation, thinks: script.thinks)
        let number = note(conversation, status: 200, usage: isCut || hangs ? nil : usage)
        let answer = ModelEvents(
            number: number, model: conversation.model, step: step, thinks: script.thinks, usage: usage)
        guard conversation.isStreamed else { return .json(answer.response) }
        let events = answer.events
        return .stream(contentType: "text/event-stream", headers: ["X-Request-Id": "req_\(number)"]) { writer in
            if hangs {
                try await writer.write(events[0])
                while true { try await Task.sleep(for: .seconds(60)) }
            }
            for (index, event) in events.enumerated() {
                guard !isCut || index + 1 < events.count else {
                    // Half of the last event, and then nobody: what a broken connection looks like.
                    try await writer.write(Array(event.prefix(event.count / 2)))
                    throw CancellationError()
                }
                try await writer.write(event)
            }
        }
    }

    /// True the first `times` times that this directive of this task is met.
    private func obeys(_ directive: ModelDirective, times: Int, _ conversation: ModelConversation) -> Bool {
        let name = "\(directive) in \(conversation.task)"
        return state.withLock { state in
            let count = state.obeyed[name, default: 0]
            guard count < times, state.obeyed.count < Self.memory else { return false }
            state.obeyed[name] = count + 1
            return true
        }
    }

    /// Remembers a request and answers its number.
    @discardableResult
    private func note(_ conversation: ModelConversation, status: Int, usage: ModelUsage?) -> Int {
        logger.debug("answered", ["model": conversation.model, "status": String(status)])
        return state.withLock { state in
            state.count += 1
            if state.requests.count < Self.memory {
                state.requests.append(
                    ModelRequest(
                        model: conversation.model, effort: conversation.effort, serviceTier: conversation.serviceTier,
                        items: conversation.items.count, hasEarlierTurns: conversation.hasEarlierTurns, task: conversation.task,
                        userMessages: conversation.userMessages, status: status, usage: usage))
            }
            return state.count
        }
    }

    /// An error as the provider shapes it.
    private static func error(
        _ status: HTTPStatus, _ message: String, type: String, code: String?, parameter: String? = nil
    ) -> ServerResponse {
        .json(
            [
                "error": [
                    "message": .string(message), "type": .string(type), "param": parameter.map { .string($0) } ?? .null,
                    "code": code.map { .string($0) } ?? .null,
                ]
            ], status: status)
    }
}
