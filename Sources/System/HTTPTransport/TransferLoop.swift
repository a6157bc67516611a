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
    let configuration: HTTPClient.Configuration
    private(set) var transfers: [Int: Transfer] = [:]
    private var idsByHandle: [UnsafeMutableRawPointer: Int] = [:]
    /// Handles without a transfer; making one costs more than a reset.
    private var spares: [EasyHandle] = []
    private let clock = TurnClock()
    var deadlines = DeadlineSchedule()
    /// Connections under suspicion, by local port.
    var probes: [Int: Probe] = [:]
    /// Ids of probes count down from zero, those of requests up.
    var lastProbe = 0
    /// Options whose connections are to end.
    var retirements: [(tls: TLSOptions, due: ContinuousClock.Instant)] = []
    /// Whether a host answered by HTTP/1.
    private var hasMetHTTP1 = false
    /// Whether the limit of connections was raised for HTTP/1.
    private var isLimitRaised = false

    init(multi: MultiHandle, configuration: HTTPClient.Configuration) {
        self.multi = multi
        self.configuration = configuration
        multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumConnectionsPerHost)
    }

    /// Runs until a piece of work is the last.
    func run(takeWork: () -> Work) {
        while true {
            let work = takeWork()
            clock.now = .now
            for command in work.commands { handle(command) }
            if work.isLast { break }
            multi.perform()
            if hasMetHTTP1 { raiseConnectionLimit() }
            finishTransfers()
            checkDeadlines(now: clock.now)
            // Results first, waiting last: a wait in between would be added to every request.
            multi.poll(milliseconds: deadlines.pollTimeout(now: .now))
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
            schedule(transfer)
            // May call back at once, and be told to pause again.
            curl_easy_pause(transfer.easy.pointer, Int32(CURLPAUSE_CONT))
        case .cancel(let id):
            guard let transfer = transfers[id] else { return }
            end(transfer, HTTPClientError(.cancelled, url: transfer.request.url, detail: "nobody reads the answer"))
        case .retire(let tls, let delay):
            retirements.append((tls, clock.now + delay))
            deadlines.expect(checkAt: clock.now + delay)
        }
    }

    /// Sets a transfer up and hands it to libcurl.
    func begin(_ id: Int, _ request: ClientRequest, _ receiver: any TransferReceiver) {
        guard let easy = spares.popLast() ?? EasyHandle() else {
            return receiver.finished(HTTPClientError(.invalidRequest, url: request.url, detail: "out of memory"))
        }
        let transfer = Transfer(id: id, request: request, receiver: receiver, easy: easy, clock: clock)
        transfer.onVersion = { [unowned self] version, port in
            switch (version, port) {
            case (.one, _): hasMetHTTP1 = true
            case (.two, let port?): multi.sockets.markShared(localPort: port)
            case (.two, nil): break
            }
        }
        // Without TLS nothing but HTTP/1 is spoken.
        let isShared = configuration.http2 && request.url.hasPrefix("https:")
        do throws(HTTPClientError) {
            try transfer.configure(configuration, isShared: isShared)
            try transfer.attachHeaders()
            multi.sockets.follow(easy)
        } catch {
            recycle(easy)
            return receiver.finished(error)
        }
        if !isShared { raiseConnectionLimit() }
        guard multi.add(easy) else {
            recycle(easy)
            return receiver.finished(HTTPClientError(.invalidRequest, url: request.url, detail: "cannot be started"))
        }
        transfers[id] = transfer
        idsByHandle[easy.pointer] = id
        schedule(transfer)
    }

    private func finishTransfers() {
        while let (handle, code) = multi.nextFinished() {
            guard let id = idsByHandle[handle], let transfer = transfers[id] else { continue }
            end(transfer, transfer.refusal ?? error(of: transfer, code))
        }
    }

    /// Streams over HTTP/1 hold a connection each: with the limit that suits HTTP/2 a few watches would shut out every
    /// other request.
    private func raiseConnectionLimit() {
        guard !isLimitRaised else { return }
        isLimitRaised = true
        multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumHTTP1ConnectionsPerHost)
        multi.reconsiderWaitingTransfers()
    }

    private func error(of transfer: Transfer, _ code: CURLcode) -> HTTPClientError? {
        HTTPClientError(
            code, url: transfer.request.url, detail: transfer.easy.description(of: code),
            connected: transfer.isSent)
    }

    /// Removes a transfer and tells its receiver, which ignores it if it had ended before.
    func end(_ transfer: Transfer, _ error: HTTPClientError?) {
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
