// SPDX-License-Identifier: MIT
import Sockets

/// The body of the proxy's thread and everything that only it may touch.
final class FaultProxyLoop {
    private let listener: TCPSocket
    private let poller: Poller
    private let proxy: FaultProxy
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant
    private var target: Int
    private var faultsOfNew = Faults.none
    private var admission = FaultProxy.Admission.connect
    private var connections: [UInt64: ProxyConnection] = [:]
    private var statistics = FaultProxy.Statistics()
    private var lastID: UInt64 = 0

    init(listener: TCPSocket, poller: Poller, target: Int, proxy: FaultProxy) {
        self.listener = listener
        self.poller = poller
        self.target = target
        self.proxy = proxy
        origin = clock.now
    }

    private var now: Duration { origin.duration(to: clock.now) }

    func run() {
        // Ids begin at 1, so that no connection has the listener's token.
        poller.add(listener, token: 0, reads: true, writes: false)
        while !proxy.mustStop {
            let deadline = connections.values.compactMap(\.deadline).min()
            var touched: Set<UInt64> = []
            for event in poller.wait(atMost: deadline.map { max(.zero, $0 - now) }) {
                if event.token == 0 {
                    touched.formUnion(accept())
                } else if let connection = connections[event.token >> 1],
                    let side = ProxyConnection.Side(rawValue: event.token & 1)
                {
                    connection.handle(event, side)
                    touched.insert(connection.id)
                }
            }
            let commands = proxy.takeCommands()
            for (command, _) in commands { perform(command) }
            let time = now
            for connection in connections.values
            where !commands.isEmpty || touched.contains(connection.id) || connection.deadline.map({ $0 <= time }) == true
            {
                connection.pump(now: time)
            }
            sweep()
            for (_, continuation) in commands { continuation.resume(returning: current) }
        }
        for connection in connections.values { connection.cut(.close) }
        poller.remove(listener)
    }

    private func accept() -> [UInt64] {
        var accepted: [UInt64] = []
        while let client = listener.accept() {
            guard admission == .connect, let server = try? TCPSocket.connect(port: target) else {
                client.resetOnClose()
                statistics.refused += 1
                continue
            }
            lastID += 1
            statistics.accepted += 1
            connections[lastID] = ProxyConnection(
                id: lastID, client: client, server: server, faults: faultsOfNew, poller: poller)
            accepted.append(lastID)
        }
        return accepted
    }

    private func perform(_ command: FaultProxy.Command) {
        switch command {
        case .faults(let faults, let scope):
            if scope != .new { for connection in connections.values { connection.change(to: faults, now: now) } }
            if scope != .existing { faultsOfNew = faults }
        case .cut(let kind): for connection in connections.values { connection.cut(kind) }
        case .admission(let admission): self.admission = admission
        case .target(let port): target = port
        case .statistics: break
        }
    }

    private func sweep() {
        for (id, connection) in connections where connection.isOver {
            statistics.bytesToServer += connection.bytesToServer
            statistics.bytesToClient += connection.bytesToClient
            connections[id] = nil
        }
    }

    private var current: FaultProxy.Statistics {
        var current = statistics
        current.open = connections.count
        for connection in connections.values {
            current.bytesToServer += connection.bytesToServer
            current.bytesToClient += connection.bytesToClient
        }
        return current
    }
}
