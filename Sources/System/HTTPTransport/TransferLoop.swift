// SPDX-License-Identifier: MIT
import CCurl

/// The thread that owns libcurl: takes commands, moves transfers on, waits for the network.
///
/// Not `Sendable`: made and used on one thread.
final class TransferLoop {
    /// What tasks asked for since the last turn.
    struct Work {
        var commands: [TransferDriver.Command]
        /// Whether the client was shut down.
        var isLast: Bool
    }

    let multi: MultiHandle
    private let configuration: HTTPClient.Configuration
    private(set) var transfers: [Int: Transfer] = [:]
    private var idsByHandle: [UnsafeMutableRawPointer: Int] = [:]
    /// Handles without a transfer; making one costs more than a reset.
    private var spares: [EasyHandle] = []
    var silence = SilenceSchedule()
    /// When the last byte of a finished transfer came, by the local port of its connection.
    var lastBytes: [Int: ContinuousClock.Instant] = [:]
    private var versions = VersionsMet()

    /// What this client knows about the hosts that it talks to.
    private struct VersionsMet {
        var http1 = false
        var http2 = false
        /// Whether the limit of connections was raised for HTTP/1.
        var isLimitRaised = false
    }

    init(multi: MultiHandle, configuration: HTTPClient.Configuration) {
        self.multi = multi
        self.configuration = configuration
        multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumConnectionsPerHost)
    }

    /// Runs until a piece of work is the last.
    func run(takeWork: () -> Work) {
        while true {
            let work = takeWork()
            for command in work.commands { handle(command) }
            if work.isLast { break }
            multi.perform()
            if versions.http1 { raiseConnectionLimit() }
            finishTransfers()
            failSilentTransfers()
            // Results first, waiting last: a wait in between would be added to every request.
            multi.poll(milliseconds: silence.pollTimeout(now: .now))
        }
        for transfer in Array(transfers.values) {
            let error = HTTPClientError(.shutDown, url: transfer.request.url, detail: "while the request was running")
            end(transfer, error)
        }
    }

    private func handle(_ command: TransferDriver.Command) {
        switch command {
        case .start(let id, let request, let receiver):
            begin(id, request, receiver)
        case .resume(let id):
            guard let transfer = transfers[id], transfer.isPaused else { return }
            transfer.isPaused = false
            transfer.touch()
            if let limit = transfer.request.idleTimeout { silence.expect(checkAt: transfer.lastActivity + limit) }
            // May call back at once, and be told to pause again.
            curl_easy_pause(transfer.easy.pointer, Int32(CURLPAUSE_CONT))
        case .cancel(let id):
            guard let transfer = transfers[id] else { return }
            end(transfer, HTTPClientError(.cancelled, url: transfer.request.url, detail: "nobody reads the answer"))
        }
    }

    private func begin(_ id: Int, _ request: ClientRequest, _ receiver: any TransferReceiver) {
        guard let easy = spares.popLast() ?? EasyHandle() else {
            return receiver.finished(HTTPClientError(.invalidRequest, url: request.url, detail: "out of memory"))
        }
        let transfer = Transfer(id: id, request: request, receiver: receiver, easy: easy, now: .now)
        transfer.onVersion = { [unowned self] isHTTP1 in
            if isHTTP1 { versions.http1 = true } else { versions.http2 = true }
        }
        do throws(HTTPClientError) {
            try transfer.configure(configuration, sharesConnections: versions.http2 && !versions.http1)
            try transfer.attachHeaders()
            multi.sockets.follow(easy)
        } catch {
            recycle(easy)
            return receiver.finished(error)
        }
        // Without TLS nothing but HTTP/1 is spoken, so there is no need to wait for the first answer.
        if !configuration.http2 || request.url.hasPrefix("http:") { raiseConnectionLimit() }
        guard multi.add(easy) else {
            recycle(easy)
            return receiver.finished(HTTPClientError(.invalidRequest, url: request.url, detail: "cannot be started"))
        }
        transfers[id] = transfer
        idsByHandle[easy.pointer] = id
        if let limit = request.idleTimeout { silence.expect(checkAt: transfer.lastActivity + limit) }
    }

    private func finishTransfers() {
        while let (handle, code) = multi.nextFinished() {
            guard let id = idsByHandle[handle], let transfer = transfers[id] else { continue }
            if code == CURLE_OPERATION_TIMEDOUT {
                closeConnectionIfDead(of: transfer, after: ContinuousClock.now - transfer.started)
            }
            end(transfer, transfer.refusal ?? error(of: transfer, code))
        }
    }

    /// Streams over HTTP/1 hold a connection each: with the limit that suits HTTP/2 a few watches would shut out every
    /// other request.
    private func raiseConnectionLimit() {
        guard !versions.isLimitRaised else { return }
        versions.isLimitRaised = true
        multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumHTTP1ConnectionsPerHost)
        multi.reconsiderWaitingTransfers()
    }

    private func error(of transfer: Transfer, _ code: CURLcode) -> HTTPClientError? {
        HTTPClientError(
            code, url: transfer.request.url, detail: transfer.easy.description(of: code),
            connected: transfer.hasReceived || transfer.easy.hasConnected)
    }

    /// Removes a transfer and tells its receiver, which ignores it if it had ended before.
    func end(_ transfer: Transfer, _ error: HTTPClientError?) {
        noteActivity(of: transfer)
        multi.remove(transfer.easy)
        transfers[transfer.id] = nil
        idsByHandle[transfer.easy.pointer] = nil
        recycle(transfer.easy)
        transfer.receiver.finished(error)
    }

    private func recycle(_ easy: EasyHandle) {
        easy.reset()
        if spares.count < 32 { spares.append(easy) }
    }
}
