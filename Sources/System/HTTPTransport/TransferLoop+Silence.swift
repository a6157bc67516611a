// SPDX-License-Identifier: MIT

extension TransferLoop {
    /// Fails the transfers whose peer has been silent for too long.
    func failSilentTransfers() {
        let now = ContinuousClock.now
        guard silence.takeDue(now: now) else { return }
        for transfer in Array(transfers.values) where !transfer.isPaused {
            guard let limit = transfer.request.idleTimeout else { continue }
            let deadline = transfer.lastActivity + limit
            if deadline > now {
                silence.expect(checkAt: deadline)
            } else {
                let error = HTTPClientError(.idleTimeout, url: transfer.request.url, detail: "no byte for \(limit)")
                closeConnectionIfDead(of: transfer, after: limit)
                end(transfer, error)
            }
        }
    }

    /// Closes the connection of a transfer that gave up after `wait`, if nothing came over it in the second half of
    /// that time.
    ///
    /// HTTP/2 requests share a connection, and libcurl would go on giving new requests to one whose peer has vanished:
    /// its own check is whether the socket is open. A connection that lately carried bytes for others is left alone.
    /// The half is for streams that began together: their last bytes are some milliseconds apart.
    func closeConnectionIfDead(of transfer: Transfer, after wait: Duration) {
        let instant = ContinuousClock.now - wait / 2
        guard let port = transfer.easy.localPort else { return }
        if let last = lastBytes[port], last > instant { return }
        let hasLife = transfers.values.contains { other in
            other.hasReceived && other.lastActivity > instant && other.easy.localPort == port
        }
        if !hasLife { multi.sockets.shutDown(localPort: port) }
    }

    /// Remembers that a connection worked, beyond the end of the transfer that saw it.
    func noteActivity(of transfer: Transfer) {
        guard transfer.hasReceived, let port = transfer.easy.localPort else { return }
        // Ports of closed connections pile up slowly; what is old says nothing any more.
        if lastBytes.count >= 256 { lastBytes = lastBytes.filter { $0.value > .now - .seconds(600) } }
        lastBytes[port] = max(lastBytes[port] ?? transfer.lastActivity, transfer.lastActivity)
    }
}
