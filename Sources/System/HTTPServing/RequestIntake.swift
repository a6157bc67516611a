// SPDX-License-Identifier: MIT
import HTTPTypes

/// What happens between the library's callbacks and the handlers: checks, limits, dispatch.
final class RequestIntake: Sendable {
    let configuration: ServerConfiguration
    let connections: ConnectionTable
    private let sanity: RequestSanity
    private let budget: BodyBudget
    private let dispatchJob: @Sendable (Exchange, ServerRequest) -> Bool

    /// - Parameter dispatch: hands a whole request to the handlers; false when there are none any more.
    init(
        configuration: ServerConfiguration, connections: ConnectionTable,
        dispatch: @escaping @Sendable (Exchange, ServerRequest) -> Bool
    ) {
        self.configuration = configuration
        self.connections = connections
        self.sanity = RequestSanity(singleHeaders: configuration.singleHeaders)
        self.budget = BodyBudget(limit: configuration.bodyBudgetBytes)
        self.dispatchJob = dispatch
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> RequestIntake? {
        context.map { Unmanaged<RequestIntake>.fromOpaque($0).takeUnretainedValue() }
    }

    func requestLine(_ rawTarget: String, connectionID: ConnectionTable.ID) -> Exchange {
        let exchange = Exchange(rawTarget: rawTarget, budget: budget)
        connections.requestStarted(connectionID, exchange)
        return exchange
    }

    /// Judges the header: refuse, or let the body come.
    func header(
        _ exchange: Exchange, method: String, version: String, fields: [(name: [UInt8], value: [UInt8])],
        connection: ConnectionHandle, connectionID: ConnectionTable.ID
    ) -> Exchange.Step {
        do throws(HTTPError) {
            let framing = try sanity.check(
                method: method, target: exchange.rawTarget, version: version, fields: fields)
            guard let target = RequestTarget(exchange.rawTarget) else {
                throw HTTPError(
                    .badRequest, reason: "malformedRequest.target", "the request target has a broken escape")
            }
            let head = ServerRequest(
                method: HTTPMethod(rawValue: method), target: target, rawTarget: exchange.rawTarget,
                headers: HTTPHeaders(fields.map { (Self.text($0.name), Self.text($0.value)) }),
                remoteAddress: connections.remoteAddress(connectionID))
            if let refusal = configuration.admit?(head) { return .respond(refusal, close: true) }
            if case .length(let count) = framing {
                guard count <= configuration.maximumBodyBytes else {
                    throw .bodyTooLarge(limit: configuration.maximumBodyBytes)
                }
                guard budget.hasRoom(for: count) else { throw .bodyBudgetExhausted }
            }
            exchange.accept(
                head, framing: framing, tap: configuration.bodyTap?(head), limit: configuration.maximumBodyBytes,
                connection: connection)
            connections.bodyStarted(connectionID)
            return .read
        } catch {
            return .respond(configuration.renderError(error), close: true)
        }
    }

    /// Answers a whole request at once where that takes no waiting, else hands it to a task.
    func handle(
        _ exchange: Exchange, _ request: ServerRequest, connectionID: ConnectionTable.ID
    ) -> Exchange.Step {
        connections.handlingStarted(connectionID)
        if let response = configuration.answerAtOnce?(request) {
            exchange.releaseBody()
            return .respond(response, close: exchange.respondNow())
        }
        guard exchange.suspend() else { return exchange.proceed(renderError: configuration.renderError) }
        // Without handlers the exchange answers for them, which resumes the connection.
        if !dispatchJob(exchange, request) { exchange.abort() }
        return .read
    }

    /// Field values are bytes; those that are no UTF-8 are read as Latin-1, which has a character for each.
    private static func text(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
    }
}
