// SPDX-License-Identifier: MIT
import CCurl
import HTTPTypes

/// One request under way. Confined to the transport's thread; its address is libcurl's context for the callbacks, so it
/// must live until its handle was removed from the multi handle.
final class Transfer {
    let id: Int
    let request: ClientRequest
    let receiver: any TransferReceiver
    let easy: EasyHandle
    /// Header lines; libcurl reads them during the whole transfer.
    private var headerLines = StringList()
    /// Connect-to entry for ``TLSOptions/serverName``.
    private var connectTo = StringList()
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
    /// Told with the head how the connection is used; must not call libcurl.
    var onVersion: (_ version: HTTPVersion, _ localPort: Int?) -> Void = { _, _ in }
    /// Whether the reader asked to wait.
    var isPaused = false

    private let clock: TurnClock

    init(id: Int, request: ClientRequest, receiver: any TransferReceiver, easy: EasyHandle, clock: TurnClock) {
        self.clock = clock
        self.id = id
        self.request = request
        self.receiver = receiver
        self.easy = easy
        started = clock.now
        lastActivity = clock.now
    }

    /// Sets every option. Connections are configured by `configuration`, the rest is the request's.
    ///
    /// - Parameter isShared: whether the host may carry many requests on a connection.
    func configure(
        _ configuration: HTTPClient.Configuration, isShared: Bool
    ) throws(HTTPClientError) {
        // libcurl would guess a scheme for what is no URL.
        guard request.url.hasPrefix("https://") || request.url.hasPrefix("http://") else {
            throw invalid("the URL must begin with https:// or http://")
        }
        do throws(CurlFailure) {
            let context = Unmanaged.passUnretained(self).toOpaque()
            try easy.collectErrorText()
            try easy.set(CURLOPT_WRITEDATA, pointer: context)
            try easy.set(CURLOPT_WRITEFUNCTION, callback: bodyArrived)
            try easy.set(CURLOPT_HEADERDATA, pointer: context)
            try easy.set(CURLOPT_HEADERFUNCTION, callback: headerArrived)
            try easy.apply(configuration)
            try easy.setPrerequest(aboutToSend, context: context)
            try easy.applyVersion(isShared: isShared)
            try easy.apply(request.proxy ?? configuration.proxy, tls: request.tls)
            try easy.apply(request)
            if let tls = request.tls { try easy.apply(tls) }
        } catch {
            throw HTTPClientError(.invalidRequest, url: request.url, detail: error.text)
        }
        try setHeaders()
        if let serverName = request.tls?.serverName { try verify(as: serverName) }
    }

    private func invalid(_ detail: String) -> HTTPClientError {
        HTTPClientError(.invalidRequest, url: request.url, detail: detail)
    }

    private func setHeaders() throws(HTTPClientError) {
        for (name, value) in request.headers {
            // A line end in a value would be a second header, or a second request.
            guard HeaderRules.isName(name), HeaderRules.isValue(value) else {
                throw invalid("bad header field \(name)")
            }
            headerLines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // libcurl would ask for permission to send larger bodies and call every body a form.
        if request.headers["Expect"] == nil { headerLines.append("Expect:") }
        if request.headers["Content-Type"] == nil { headerLines.append("Content-Type:") }
    }

    /// Makes the name in the URL the one to verify and connects to the URL's real host. libcurl takes the name for SNI
    /// and for the check of the certificate from the URL, and has no option for just that.
    private func verify(as serverName: String) throws(HTTPClientError) {
        guard let renamed = RenamedURL(request.url, host: serverName) else { throw invalid("bad URL or server name") }
        if request.headers["Host"] == nil { headerLines.append("Host: \(renamed.originalAuthority)") }
        connectTo.append(renamed.connectTo)
        do throws(CurlFailure) {
            try easy.set(CURLOPT_URL, renamed.url)
            try easy.set(CURLOPT_CONNECT_TO, pointer: connectTo.pointer)
        } catch {
            throw invalid(error.text)
        }
    }

    /// The last step before the transfer is added: the list's address is final only now.
    func attachHeaders() throws(HTTPClientError) {
        do throws(CurlFailure) {
            try easy.set(CURLOPT_HTTPHEADER, pointer: headerLines.pointer)
        } catch {
            throw invalid(error.text)
        }
    }

    /// Whether any part of the request may have reached the peer.
    var isSent: Bool { hasReceived || (sent != nil && easy.sentBytes > bytesBefore) }

    /// Asked before the request is sent, and again when libcurl wants to repeat it because its connection ended without
    /// an answer. libcurl takes that for an idle connection that was just closed, but the peer may as well have acted
    /// and died: only a request that changes nothing, or of which no byte had left, may go twice.
    fileprivate func maySend(localPort port: Int) -> Bool {
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

    fileprivate func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        touch()
        switch parser.take(bytes) {
        case .more:
            return true
        case .head(let head):
            onVersion(parser.version, localPort)
            receiver.received(head)
            return true
        case .violation:
            refusal = HTTPClientError(.protocolViolation, url: request.url, detail: "malformed or oversized header")
            return false
        }
    }

    fileprivate func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Int {
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

/// C callbacks run on the transport's thread inside `perform` or `resume`, where the transfer is alive.
private func bodyArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.receivedBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func aboutToSend(
    _ context: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
    _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    guard let context else { return CURL_PREREQFUNC_ABORT }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.maySend(localPort: Int(localPort)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    // Any other number than the length ends the transfer.
    return transfer.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: length)) ? length : length + 1
}

extension HTTPMethod {
    /// Whether a request changes nothing on the server (RFC 9110 §9.2.1), so that it may be repeated by anybody.
    fileprivate var isSafe: Bool { self == .get || self == .head || self == .options }
}
