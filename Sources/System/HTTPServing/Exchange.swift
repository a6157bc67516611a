// SPDX-License-Identifier: MIT
import CMicrohttpd
import HTTPTypes
import Synchronization

/// One request and its answer, from the request line to the last byte sent.
///
/// The library's thread drives it forward; the handler's task hands in the answer. Whoever suspends the connection does
/// so under the lock here, and whoever resumes it too.
final class Exchange: Sendable {
    /// What the library's thread has to do next.
    enum Step {
        case read
        /// The request is whole and wants an answer, by ``respondNow()`` or ``suspend()``.
        case handle(ServerRequest)
        case respond(ServerResponse, close: Bool)
        /// Nothing sensible can be answered any more.
        case disconnect
    }

    private enum Phase {
        case requestLine
        case body
        case handling
        case answered(ServerResponse)
        case sending
        case completed
    }

    private struct State {
        var phase = Phase.requestLine
        var connection: ConnectionHandle?
        var isSuspended = false
        var isAborted = false
        var isDraining = false
        var head: ServerRequest?
        var bodyLimit = 0
        var body: [UInt8] = []
        var tap: (any BodyTap)?
        var reserved = 0
        /// Set when the body cannot be kept: the rest is read and thrown away, because the library cannot answer
        /// while a body arrives.
        var refusal: HTTPError?
        var swallowed = 0
        var stream: StreamBuffer?
    }

    /// The target as it arrived.
    let rawTarget: String
    private let budget: BodyBudget
    private let state = Mutex(State())

    init(rawTarget: String, budget: BodyBudget) {
        self.rawTarget = rawTarget
        self.budget = budget
    }

    // MARK: The library's thread

    /// Whether the header is still to be looked at.
    var isNew: Bool {
        state.withLock { if case .requestLine = $0.phase { true } else { false } }
    }

    /// The header is accepted and the body may come.
    func accept(
        _ head: ServerRequest, framing: RequestSanity.Framing, tap: (any BodyTap)?, limit: Int,
        connection: ConnectionHandle
    ) {
        state.withLock { state in
            state.connection = connection
            state.head = head
            state.tap = tap
            state.bodyLimit = limit
            state.phase = .body
            // A promise is not trusted with memory; the first piece is.
            if case .length(let count) = framing { state.body.reserveCapacity(min(count, 64 << 10)) }
        }
    }

    /// The next bytes of the body.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Step {
        state.withLock { state in
            guard case .body = state.phase else { return .disconnect }
            if state.refusal == nil { refuseIfTooMuch(&state, adding: bytes.count) }
            if state.refusal != nil {
                state.swallowed += bytes.count
                // A client that pushes on and on is not owed an answer.
                return state.swallowed > max(state.bodyLimit, 1 << 20) ? .disconnect : .read
            }
            if state.tap != nil {
                let piece = [UInt8](bytes)
                state.tap?.update(piece)
                state.body.append(contentsOf: piece)
            } else {
                state.body.append(contentsOf: bytes)
            }
            return .read
        }
    }

    private func refuseIfTooMuch(_ state: inout State, adding count: Int) {
        if state.body.count + count > state.bodyLimit {
            state.refusal = .bodyTooLarge(limit: state.bodyLimit)
        } else if budget.reserve(count) {
            state.reserved += count
        } else {
            state.refusal = .bodyBudgetExhausted
        }
        guard state.refusal != nil else { return }
        state.body = []
        state.tap = nil
        budget.release(state.reserved)
        state.reserved = 0
    }

    /// The library asks for the answer: the request is whole, or the connection was resumed.
    func proceed(renderError: (HTTPError) -> ServerResponse) -> Step {
        state.withLock { state in
            switch state.phase {
            case .body:
                if let refusal = state.refusal {
                    state.phase = .sending
                    return .respond(renderError(refusal), close: true)
                }
                guard !state.isAborted, var request = state.head else { return .disconnect }
                request.body = state.body
                request.tapResult = state.tap?.finish()
                state.body = []
                state.tap = nil
                state.phase = .handling
                return .handle(request)
            case .answered(let response):
                state.phase = .sending
                return .respond(response, close: state.isDraining)
            case .requestLine, .handling, .sending, .completed:
                return .disconnect
            }
        }
    }

    /// The answer is there without a task; returns whether the connection has to close after it.
    func respondNow() -> Bool {
        state.withLock { state in
            state.phase = .sending
            return state.isDraining
        }
    }

    /// Suspends the connection until the handler has answered; false when the exchange was given up meanwhile, and the
    /// library has to ask again for the answer to that.
    func suspend() -> Bool {
        state.withLock { state in
            guard case .handling = state.phase, let connection = state.connection else { return false }
            state.isSuspended = true
            MHD_suspend_connection(connection.pointer)
            return true
        }
    }

    /// The buffer that the library reads streamed content from; nil when the exchange was given up meanwhile.
    func attachStream(_ connection: ConnectionHandle) -> StreamBuffer? {
        let stream = state.withLock { $0.stream }
        stream?.attach(connection)
        return stream
    }

    /// The library is done with this request, in whatever way; its connection must not be touched any more.
    func complete() {
        let stream = state.withLock { state in
            state.phase = .completed
            state.connection = nil
            state.isSuspended = false
            state.body = []
            return state.stream
        }
        stream?.connectionEnded()
        releaseBody()
    }

    // MARK: The handler's task

    /// Hands in the answer and returns the buffer to write streamed content to, if there is any.
    func answer(_ response: ServerResponse, streamLimit: Int) -> StreamBuffer? {
        state.withLock { state in
            guard case .handling = state.phase else { return nil }
            var stream: StreamBuffer?
            if case .stream = response.body, state.head?.method != .head {
                stream = StreamBuffer(limit: streamLimit)
                if state.isDraining { stream?.drain() }
            }
            state.stream = stream
            state.phase = .answered(response)
            Self.wake(&state)
            return stream
        }
    }

    /// Gives the body's bytes back to the budget.
    func releaseBody() {
        let reserved = state.withLock { state in
            defer { state.reserved = 0 }
            return state.reserved
        }
        budget.release(reserved)
    }

    // MARK: Stopping

    /// Streams come to an end, the connection closes after the answer.
    func drain() {
        let stream = state.withLock { state in
            state.isDraining = true
            return state.stream
        }
        stream?.drain()
    }

    /// Ends a streamed answer whose client went away.
    func abortStream() {
        state.withLock { $0.stream }?.abort()
    }

    /// Ends everything now, with 503 where an answer is still owed.
    func abort() {
        let stream = state.withLock { state in
            state.isAborted = true
            state.isDraining = true
            if case .handling = state.phase {
                state.phase = .answered(HTTPError.stopping.response)
                Self.wake(&state)
            }
            return state.stream
        }
        stream?.abort()
    }

    private static func wake(_ state: inout State) {
        guard state.isSuspended, let connection = state.connection else { return }
        state.isSuspended = false
        MHD_resume_connection(connection.pointer)
    }
}

extension HTTPError {
    static func bodyTooLarge(limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, reason: "bodyTooLarge", "the body may have at most \(limit) bytes")
    }

    static let bodyBudgetExhausted = HTTPError(
        .serviceUnavailable, reason: "busy", "too many bodies are being read at once; try again",
        headers: ["Retry-After": "1"])

    static let stopping = HTTPError(
        .serviceUnavailable, reason: "stopping", "the server is stopping; try again", headers: ["Retry-After": "1"])
}
