// SPDX-License-Identifier: MIT
import Glibc

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
                closeConnectionIfDead(of: transfer, since: now - limit)
                end(transfer, error)
            }
        }
    }

    /// Closes the connection of a timed-out transfer if nothing at all came over it since `instant`.
    ///
    /// HTTP/2 requests share a connection, and libcurl would go on giving new requests to one whose peer has vanished:
    /// its own check is whether the socket is open. A connection that lately carried an answer is left alone.
    func closeConnectionIfDead(of transfer: Transfer, since instant: ContinuousClock.Instant) {
        guard let socket = transfer.easy.socket else { return }
        if let last = lastBytes[socket], last > instant { return }
        let hasLife = transfers.values.contains { other in
            other.hasReceived && other.lastActivity > instant && other.easy.socket == socket
        }
        if !hasLife { _ = shutdown(socket, Int32(SHUT_RDWR)) }
    }

    /// Remembers that a connection worked, beyond the end of the transfer that saw it.
    func noteActivity(of transfer: Transfer) {
        guard transfer.hasReceived, let socket = transfer.easy.socket else { return }
        lastBytes[socket] = max(lastBytes[socket] ?? transfer.lastActivity, transfer.lastActivity)
    }
}
