// SPDX-License-Identifier: MIT
import HTTPTypes

extension TransferLoop {
    /// A small request on a connection that was silent while somebody waited for an answer.
    struct Probe {
        /// The transfer's id.
        let id: Int
        let started: ContinuousClock.Instant
    }

    /// Ends the transfers whose time is over, and asks the connections that may be dead.
    func checkDeadlines(now: ContinuousClock.Instant) {
        guard deadlines.takeDue(now: now) else { return }
        retireConnections(now: now)
        judgeProbes(now: now)
        for transfer in Array(transfers.values) { check(transfer, now: now) }
    }

    /// Notes the next date at which something is to be decided about a transfer.
    func schedule(_ transfer: Transfer) {
        if let timeout = transfer.request.timeout {
            deadlines.expect(checkAt: transfer.started + timeout)
        }
        if let limit = transfer.request.idleTimeout, !transfer.isPaused {
            deadlines.expect(checkAt: transfer.lastActivity + limit)
        }
        if transfer.id > 0, !transfer.hasReceived {
            deadlines.expect(checkAt: (transfer.sent ?? transfer.started) + configuration.probe.after)
        }
    }

    private func check(_ transfer: Transfer, now: ContinuousClock.Instant) {
        if let timeout = transfer.request.timeout, transfer.started + timeout <= now {
            return giveUp(transfer, transfer.isSent ? .timeout : .connectionFailed, after: timeout)
        }
        if let limit = transfer.request.idleTimeout, !transfer.isPaused,
            transfer.lastActivity + limit <= now
        {
            return giveUp(transfer, transfer.isSent ? .idleTimeout : .connectionFailed, after: limit)
        }
        if let doubt = doubt(about: transfer, now: now) { deadlines.expect(checkAt: doubt) }
        if let timeout = transfer.request.timeout {
            deadlines.expect(checkAt: transfer.started + timeout)
        }
        if let limit = transfer.request.idleTimeout, !transfer.isPaused {
            deadlines.expect(checkAt: transfer.lastActivity + limit)
        }
    }

    private func giveUp(_ transfer: Transfer, _ code: HTTPClientError.Code, after limit: Duration) {
        let detail =
            switch code {
            case .timeout: "no complete answer within \(limit)"
            case .idleTimeout: "no byte for \(limit)"
            default: "no connection within \(limit)"
            }
        if !transfer.isPaused { closeConnectionIfDead(of: transfer, after: limit) }
        end(transfer, HTTPClientError(code, url: transfer.request.url, detail: detail))
    }

    /// Closes the connection of a transfer that gave up after `wait`, if nothing came over it in the second half of
    /// that time.
    ///
    /// HTTP/2 requests share a connection, and libcurl would go on giving new requests to one whose peer has vanished:
    /// its own check is whether the socket is open. A connection that lately carried bytes for others is left alone.
    /// The half is for streams that began together: their last bytes are some milliseconds apart. Where others wait for
    /// an answer too, the server may just be slow, and their requests would be lost: then the connection is asked first.
    private func closeConnectionIfDead(of transfer: Transfer, after wait: Duration) {
        guard let port = transfer.localPort, let silence = multi.sockets.silence(localPort: port), silence >= wait / 2
        else { return }
        let isAwaited = transfers.values.contains { other in
            other.id > 0 && other.id != transfer.id && other.localPort == port && !other.hasReceived
        }
        if isAwaited {
            ask(port, like: transfer.request, now: .now)
        } else {
            multi.sockets.shutDown(localPort: port)
        }
    }

    // MARK: Probes

    /// Starts a probe where a request has had no answer and its connection no byte for too long; the date of the next
    /// look if that may come.
    ///
    /// This is HTTP/2's PING by other means: libcurl sends PINGs only for handles of its blocking interface
    /// (`curl_easy_upkeep`), and does not look at the answers. Asking costs nothing while all is well.
    private func doubt(about transfer: Transfer, now: ContinuousClock.Instant) -> ContinuousClock
        .Instant?
    {
        let patience = configuration.probe.after
        guard transfer.id > 0, !transfer.hasReceived else { return nil }
        guard let sent = transfer.sent, let port = transfer.localPort else { return now + patience }
        guard sent + patience <= now else { return sent + patience }
        guard multi.sockets.sharedPorts.contains(port),
            let silence = multi.sockets.silence(localPort: port)
        else {
            return now + patience
        }
        if silence < patience { return now + (patience - silence) }
        guard probes[port] == nil else { return nil }
        ask(port, like: transfer.request, now: now)
        return now + configuration.probe.timeout
    }

    /// Sends a probe that goes the way of a request, unless one is under way on that connection.
    private func ask(_ port: Int, like request: ClientRequest, now: ContinuousClock.Instant) {
        guard probes[port] == nil else { return }
        lastProbe -= 1
        probes[port] = Probe(id: lastProbe, started: now)
        begin(
            lastProbe,
            ClientRequest(
                method: .head, url: request.origin + "/", timeout: configuration.probe.timeout * 2,
                tls: request.tls, proxy: request.proxy), ProbeReceiver())
        deadlines.expect(checkAt: now + configuration.probe.timeout)
    }

    /// Closes the connections that stayed silent although they were asked.
    private func judgeProbes(now: ContinuousClock.Instant) {
        for (port, probe) in probes {
            guard probe.started + configuration.probe.timeout <= now else {
                deadlines.expect(checkAt: probe.started + configuration.probe.timeout)
                continue
            }
            probes[port] = nil
            guard let transfer = transfers[probe.id] else { continue }
            // Only a probe that this connection carried says something about it.
            if transfer.localPort == port, let silence = multi.sockets.silence(localPort: port),
                silence >= configuration.probe.timeout
            {
                multi.sockets.shutDown(localPort: port)
            }
            end(transfer, nil)
        }
    }

    // MARK: Retirement

    /// Ends the connections that were made with options which are no longer in use.
    private func retireConnections(now: ContinuousClock.Instant) {
        for retirement in retirements where retirement.due <= now {
            for transfer in transfers.values where transfer.request.tls == retirement.tls {
                if let port = transfer.localPort { multi.sockets.shutDown(localPort: port) }
            }
        }
        retirements.removeAll { $0.due <= now }
        for retirement in retirements { deadlines.expect(checkAt: retirement.due) }
    }
}

/// Nobody waits for the answer to a probe: the connection's bytes say enough.
private final class ProbeReceiver: TransferReceiver {
    func received(_ head: ResponseHead) {}
    func received(_ bytes: UnsafeRawBufferPointer) -> BodyAnswer { .taken }
    func finished(_ error: HTTPClientError?) {}
}

extension ClientRequest {
    /// Scheme, host and port of the URL.
    fileprivate var origin: String {
        guard let scheme = url.utf8.firstIndex(of: UInt8(ascii: "/")) else { return url }
        let authority = url.utf8[scheme...].dropFirst(2)
        let end =
            authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? url.endIndex
        return String(url[..<end])
    }
}
