// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import Cryptography
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime

/// `POST /v1/mcp`: tools for agents by MCP's Streamable HTTP (protocol 2025-11-25 and 2025-06-18).
///
/// Without sessions and streams, which that transport leaves to the server: each request is answered by one JSON
/// document, and any replica answers it.
struct MCPEndpoint: Sendable {
    /// Versions that are spoken, newest first. They differ in nothing that is used here; earlier ones have batches.
    static let versions = ["2025-11-25", "2025-06-18"]

    let tools: [any Tool]
    let sink: any AuditSink
    let budget: any ToolBudget
    let logger: Logger
    /// How often a run may call tools.
    var rate = ToolRate()

    func answer(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        // No page of a browser has business here (MCP, transports, security warning).
        if request.headers["Origin"] != nil {
            throw HTTPError(.forbidden, reason: "origin", "requests of browsers are not answered")
        }
        try Self.checkTypes(request.headers)
        if let version = request.headers["MCP-Protocol-Version"], !Self.versions.contains(version) {
            return .json(Self.unsupported(version, id: Self.id(in: request.body)), status: .badRequest)
        }
        let message: JSONRPCMessage
        do {
            message = try JSONRPCMessage(JSONValue.parse(request.body))
        } catch let error as JSONRPCError {
            return .json(error.json, status: .badRequest)
        } catch {
            let error = JSONRPCError(code: JSONRPCError.parseError, message: "the message is no JSON: \(error)")
            return .json(error.json, status: .badRequest)
        }
        guard case .request(let id, let method, let parameters) = message else { return .empty(.accepted) }
        do throws(JSONRPCError) {
            let result = try await result(of: method, parameters, caller)
            return .json(["jsonrpc": "2.0", "id": id, "result": result])
        } catch {
            var error = error
            error.id = id
            return .json(error.json)
        }
    }

    /// A request is JSON, and so is its answer: whoever sends or wants only something else is told so.
    private static func checkTypes(_ headers: HTTPHeaders) throws(HTTPError) {
        func type(_ text: some StringProtocol) -> String {
            String(text.prefix { $0 != ";" }).filter { !$0.isWhitespace }.lowercased()
        }
        if let content = headers["Content-Type"], type(content) != "application/json" {
            throw HTTPError(.unsupportedMediaType, reason: "contentType", "a message is application/json")
        }
        let accepted = headers.values(for: "Accept").flatMap { $0.split(separator: ",") }.map { type($0) }
        if !accepted.isEmpty, !accepted.contains(where: { ["application/json", "application/*", "*/*"].contains($0) }) {
            throw HTTPError(.notAcceptable, reason: "accept", "answers are application/json")
        }
    }

    /// The request's id, as far as it has one: a refusal that names it reaches whoever waits for it.
    private static func id(in body: [UInt8]) -> JSONValue {
        guard let message = try? JSONRPCMessage(JSONValue.parse(body)), case .request(let id, _, _) = message else {
            return .null
        }
        return id
    }

    /// With the code and data by which clients of later versions find one that both speak.
    private static func unsupported(_ version: String, id: JSONValue) -> JSONValue {
        var error = JSONRPCError(
            code: JSONRPCError.unsupportedVersion,
            message: "the protocol version is not spoken; there are \(versions.joined(separator: " and "))", id: id)
        error.data = [
            "supported": .array(versions.map { .string($0) }), "requested": .string(OneLine.of(version, limit: 40)),
        ]
        return error.json
    }

    private func result(
        of method: String, _ parameters: JSONValue, _ caller: RunCaller
    ) async throws(JSONRPCError) -> JSONValue {
        switch method {
        case "initialize": return try initialize(parameters)
        case "ping": return [:]
        case "tools/list":
            if let cursor = parameters["cursor"], !cursor.isNull {
                throw Self.invalid("there is one page of tools, without a cursor")
            }
            return ["tools": .array(tools.map(Self.describe))]
        case "tools/call": return try await call(parameters, caller)
        default:
            throw JSONRPCError(
                code: JSONRPCError.methodNotFound,
                message: "there is no method \(OneLine.of(method, limit: 60)) here; there are tools alone")
        }
    }

    private func initialize(_ parameters: JSONValue) throws(JSONRPCError) -> JSONValue {
        guard let wanted = parameters["protocolVersion"]?.stringValue else {
            throw Self.invalid("protocolVersion is no string")
        }
        return [
            // One that is not spoken is answered by the newest; the client decides whether it can go on.
            "protocolVersion": .string(Self.versions.contains(wanted) ? wanted : Self.versions[0]),
            "capabilities": ["tools": ["listChanged": false]],
            "serverInfo": ["name": "codex-k8s", "title": "codex-k8s run API", "version": "1"],
            "instructions": "Tools of the run that you work for. Report what you do with run_status_report.",
        ]
    }

    private static func describe(_ tool: any Tool) -> JSONValue {
        [
            "name": .string(tool.name), "title": .string(tool.title), "description": .string(tool.description),
            "inputSchema": tool.inputSchema, "outputSchema": tool.outputSchema,
            "annotations": ["destructiveHint": false, "idempotentHint": true, "openWorldHint": false],
        ]
    }

    private func call(_ parameters: JSONValue, _ caller: RunCaller) async throws(JSONRPCError) -> JSONValue {
        guard let name = parameters["name"]?.stringValue, let tool = tools.first(where: { $0.name == name }) else {
            throw Self.invalid("there is no such tool; tools/list names those that this run may use")
        }
        let arguments = parameters["arguments"] ?? [:]
        guard arguments.objectValue != nil else { throw Self.invalid("\(tool.name): arguments must be an object") }
        // An answer of the tool, not of the protocol, so that the model reads it and calls again (MCP 2025-11-25,
        // tools, error handling).
        if let objection = tool.objection(to: arguments) { return Self.failure("\(tool.name): \(objection)") }
        // A call is known by run, tool and arguments: the same call again is the same facts again.
        let signature = SHA256.hexDigest(Array("\(tool.name)|\(arguments.canonical().encodedString())".utf8))
        func fact(_ type: AuditEventType) -> AuditEvent {
            AuditEvent(
                correlationID: caller.correlationID, runUID: caller.runUID, attempt: caller.attempt, type: type,
                key: String(signature.prefix(32)), actor: AuditActor(kind: .agent, id: caller.agent),
                payload: ["tool": .string(tool.name), "arguments_sha256": .string(signature)])
        }
        do {
            // Before anything is recorded: what is recorded stays for ever.
            if let wait = try await budget.take(runUID: caller.runUID, rate: rate) {
                let seconds = max(1, wait.components.seconds + 1)
                return Self.failure(
                    """
                    \(tool.name) was not done: this run calls too often (\(rate.words)). Go on with your work without \
                    it; a call in \(seconds) seconds will be taken.
                    """)
            }
            try await sink.record([fact(.toolCalled)])
            let result = try await tool.call(arguments, caller)
            try await sink.record([fact(.toolSucceeded)])
            return [
                "content": [["type": "text", "text": .string(result.text)]], "structuredContent": result.structured,
                "isError": false,
            ]
        } catch {
            logger.error("a tool failed", ["run": caller.runName, "tool": tool.name, "error": "\(error)"])
            // With the database away this cannot be recorded either; the call without its outcome is.
            do { try await sink.record([fact(.toolFailed)]) } catch {
                logger.error("a tool's failure could not be recorded", ["run": caller.runName, "error": "\(error)"])
            }
            return Self.failure(
                "\(tool.name) did not work: the service cannot keep it now. Go on with your work and try later.")
        }
    }

    /// What went wrong, in words for a model.
    private static func failure(_ text: String) -> JSONValue {
        ["content": [["type": "text", "text": .string(text)]], "isError": true]
    }

    private static func invalid(_ message: String) -> JSONRPCError {
        JSONRPCError(code: JSONRPCError.invalidParameters, message: message)
    }
}
