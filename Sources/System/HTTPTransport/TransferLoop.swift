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
    private var handles: HandleStore
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
        handles = HandleStore(configuration: configuration)
        multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumConnectionsPerHost)
    }

    /// Runs until a piece of work is the last.
    ///
    /// - Parameter mayWait: whether there is no work yet; after a yes new work ends the wait by `multi.wakeUp()`.
    func run(takeWork: () -> Work, mayWait: () -> Bool) {
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
            if mayWait() { multi.poll(milliseconds: deadlines.pollTimeout(now: .now)) }
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
        func invalid(_ detail: String) {
            receiver.finished(HTTPClientError(.invalidRequest, url: request.url, detail: detail))
        }
        let url: RequestURL
        do {
            url = try RequestURL(request.url)
        } catch {
            return invalid(error.reason)
        }
        let route = handles.route(of: request, url)
        let easy: EasyHandle
        do {
            easy = try handles.take(route.number, sockets: multi.sockets)
        } catch {
            return invalid(error.text)
        }
        let transfer: Transfer
        do {
            transfer = try Transfer(
                id: id, request: request, url: url, receiver: receiver, easy: easy, route: route,
                userAgent: configuration.userAgent, loop: self, clock: clock)
        } catch {
            handles.put(easy, route.number)
            return receiver.finished(error)
        }
        // Without TLS nothing but HTTP/1 is spoken.
        if !handles.isShared(route.route) { raiseConnectionLimit() }
        guard multi.add(easy) else {
            handles.put(easy, route.number)
            return invalid("cannot be started")
        }
        transfers[id] = transfer
        schedule(transfer)
    }

    /// Told with a head how its connection is used; must not call libcurl.
    func met(_ version: HTTPVersion, localPort: Int?) {
        switch (version, localPort) {
        case (.one, _): hasMetHTTP1 = true
        case (.two, let port?): multi.sockets.markShared(localPort: port)
        case (.two, nil): break
        }
    }

    private func finishTransfers() {
        while let (easy, code) = multi.nextFinished() {
            guard let transfer = easy.transfer else { continue }
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
        handles.put(transfer.easy, transfer.routeNumber)
        transfer.receiver.finished(error)
    }
}
