// SPDX-License-Identifier: MIT
import CCurl
import HTTPTypes

/// One request under way. Confined to the transport's thread; its handle calls it back, so it must live until that was
/// removed from the multi handle.
final class Transfer {
    let id: Int
    let request: ClientRequest
    let receiver: any TransferReceiver
    let easy: EasyHandle
    /// The route that the handle is prepared for, and goes back to.
    let routeNumber: Int
    /// What libcurl reads during the transfer.
    private let memory: RequestMemory
    private var parser = ResponseHeadParser()
    /// Why a callback ended the transfer, where libcurl only knows that it did.
    private(set) var refusal: HTTPClientError?
    /// When the transfer began or the last byte came.
    private(set) var lastActivity: ContinuousClock.Instant
    /// Whether any byte came at all.
    private(set) var hasReceived = false
    /// When the transfer was handed to libcurl.
    let started: ContinuousClock.Instant
    /// When the request went onto a connection, the last time.
    private(set) var sent: ContinuousClock.Instant?
    /// What had been sent before that, to a proxy.
    private var bytesBefore = 0
    /// The local port of that connection: of all that libcurl tells during a transfer only this names the connection.
    private(set) var localPort: Int?
    /// Whether the reader asked to wait.
    var isPaused = false

    private unowned let loop: TransferLoop
    private let clock: TurnClock

    /// Makes a transfer of a handle that is prepared for the request's route, ready to be added.
    ///
    /// - Throws: ``HTTPClientError`` with the code `invalidRequest`.
    init(
        id: Int, request: ClientRequest, url: RequestURL, receiver: any TransferReceiver, easy: EasyHandle,
        route: (number: Int, route: Route), userAgent: String, loop: TransferLoop, clock: TurnClock
    ) throws(HTTPClientError) {
        func invalid(_ detail: String) -> HTTPClientError {
            HTTPClientError(.invalidRequest, url: request.url, detail: detail)
        }
        let hasBody = request.body != nil || request.method.hasBodyByNature
        // libcurl would call every body a form, and ask for permission to send large ones.
        var defaults = [(name: "User-Agent", line: "User-Agent: " + userAgent)]
        if hasBody { defaults.append((name: "Content-Type", line: "Content-Type:")) }
        if (request.body?.count ?? 0) > 32 << 10 { defaults.append((name: "Expect", line: "Expect:")) }
        if let authority = easy.authority { defaults.append((name: "Host", line: "Host: " + authority)) }
        do throws(RequestMemory.BadField) {
            memory = try RequestMemory(request.headers, defaults: defaults, body: request.body ?? [])
        } catch {
            throw invalid("bad header field \(error.name)")
        }
        do throws(CurlFailure) {
            try easy.ask(
                request.method, url.target, wholeURL: route.route.isAskedByURL ? request.url : nil, hasBody: hasBody,
                memory)
        } catch {
            throw invalid(error.text)
        }
        self.id = id
        self.request = request
        self.receiver = receiver
        self.easy = easy
        routeNumber = route.number
        self.loop = loop
        self.clock = clock
        started = clock.now
        lastActivity = clock.now
        easy.transfer = self
    }

    /// Whether any part of the request may have reached the peer.
    var isSent: Bool { hasReceived || (sent != nil && easy.sentBytes > bytesBefore) }

    /// Asked before the request is sent, and again when libcurl wants to repeat it because its connection ended without
    /// an answer. libcurl takes that for an idle connection that was just closed, but the peer may as well have acted
    /// and died: only a request that changes nothing, or of which no byte had left, may go twice.
    func maySend(localPort port: Int) -> Bool {
        if sent != nil, !request.method.isSafe, easy.sentBytes > bytesBefore {
            refusal = HTTPClientError(
                .connectionLost, url: request.url,
                detail: "the connection ended before the answer to a sent request")
            return false
        }
        sent = clock.now
        bytesBefore = easy.sentBytes
        localPort = port > 0 ? port : nil
        return true
    }

    /// Takes a line of the head; false ends the transfer.
    func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        touch()
        switch parser.take(bytes) {
        case .more:
            return true
        case .head(let head):
            loop.met(parser.version, localPort: localPort)
            receiver.received(head)
            return true
        case .violation:
            refusal = HTTPClientError(.protocolViolation, url: request.url, detail: "malformed or oversized header")
            return false
        }
    }

    /// Offers bytes of the body to the receiver; answers what libcurl is to be told.
    func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        touch()
        switch receiver.received(bytes) {
        case .taken:
            return bytes.count
        case .pause:
            isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        case .refuse:
            refusal = HTTPClientError(.cancelled, url: request.url, detail: "the reader wants no more")
            return bytes.count == 0 ? 1 : 0
        }
    }

    /// Notes that the peer, or the reader, gave a sign of life.
    func touch() {
        lastActivity = clock.now
        hasReceived = true
    }
}

/// The time at the beginning of the loop's turn: asking the system for every line of a header costs more than the line.
final class TurnClock {
    var now = ContinuousClock.now
}

extension HTTPMethod {
    /// Whether a request changes nothing on the server (RFC 9110 §9.2.1), so that it may be repeated by anybody.
    fileprivate var isSafe: Bool { self == .get || self == .head || self == .options }

    /// Whether a request says the length of its body even when that is zero (RFC 9110 §8.6).
    fileprivate var hasBodyByNature: Bool { self == .post || self == .put || self == .patch }
}
