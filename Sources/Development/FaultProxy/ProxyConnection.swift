// SPDX-License-Identifier: MIT
import Sockets

/// One connection through the proxy. For the proxy's thread alone.
final class ProxyConnection {
    /// The two ends, as bits of a poller's token.
    enum Side: UInt64 { case client, server }

    let id: UInt64
    private let client: TCPSocket
    private let server: TCPSocket
    private let poller: Poller
    private var isConnecting = true
    private var toServer: ByteFlow
    private var toClient: ByteFlow
    private var watched: [Side: (reads: Bool, writes: Bool)] = [:]
    private var isFull: Set<Side> = []
    /// Ends that broke while the other must not be told.
    private var brokenSides: Set<Side> = []
    private(set) var isOver = false
    private(set) var bytesToServer = 0
    private(set) var bytesToClient = 0
    /// When ``pump(now:)`` has to be called, if nothing else happens.
    private(set) var deadline: Duration?

    init(id: UInt64, client: TCPSocket, server: TCPSocket, faults: Faults, poller: Poller) {
        self.id = id
        self.client = client
        self.server = server
        self.poller = poller
        toServer = ByteFlow(fault: faults.toServer)
        toClient = ByteFlow(fault: faults.toClient)
        poller.add(client, token: token(.client), reads: false, writes: false)
        poller.add(server, token: token(.server), reads: false, writes: true)
        watched = [.client: (false, false), .server: (false, true)]
    }

    private func token(_ side: Side) -> UInt64 { id << 1 | side.rawValue }

    func change(to faults: Faults, now: Duration) {
        toServer.change(to: faults.toServer, now: now)
        toClient.change(to: faults.toClient, now: now)
    }

    /// Ends both sides at once.
    func cut(_ cut: Fault.Cut) {
        guard !isOver else { return }
        isOver = true
        for socket in [client, server] {
            poller.remove(socket)
            if cut == .reset { socket.resetOnClose() } else { socket.endWriting() }
        }
    }

    func handle(_ event: Poller.Event, _ side: Side) {
        isFull.remove(side)
        if side == .server, isConnecting, event.isWritable || event.isBroken {
            isConnecting = false
            // As if nobody listened: that is what the client would have seen without us.
            if server.connectError() != nil { return cut(.reset) }
        }
        guard event.isBroken, !event.isReadable || !wantsMore(from: side) else { return }
        broke(side)
    }

    private func wantsMore(from side: Side) -> Bool { side == .client ? toServer.wantsMore : toClient.wantsMore }

    private func broke(_ side: Side) {
        let flow = side == .client ? toServer : toClient
        if flow.fault.isBlackHole {
            // The other end is told when the black hole is gone. Until then this socket would report over and over.
            if brokenSides.insert(side).inserted { poller.remove(side == .client ? client : server) }
        } else {
            cut(.reset)
        }
    }

    /// Moves what may be moved.
    func pump(now: Duration) {
        deadline = nil
        if !isOver, !isConnecting {
            if brokenSides.contains(.client), !toServer.fault.isBlackHole { return cut(.reset) }
            if brokenSides.contains(.server), !toClient.fault.isBlackHole { return cut(.reset) }
            for (source, target) in [(Side.client, Side.server), (.server, .client)] where !isOver {
                switch move(from: source, to: target, now) {
                case .paused: break
                case .again(let due): deadline = min(deadline ?? due, due)
                case .broke(let side): broke(side)
                case .cut(let kind): cut(kind)
                }
            }
        }
        if toServer.isOver, toClient.isOver { cut(.close) }
        if !isOver { updateInterest() }
    }

    /// Why moving came to a halt.
    private enum Halt {
        /// Something has to happen first.
        case paused
        case again(Duration)
        case broke(Side)
        case cut(Fault.Cut)
    }

    private func move(from side: Side, to other: Side, _ now: Duration) -> Halt {
        let source = side == .client ? client : server
        let target = other == .client ? client : server
        let direction: ReferenceWritableKeyPath<ProxyConnection, ByteFlow> = side == .client ? \.toServer : \.toClient
        // Bounded, so that one fast connection does not keep the others waiting.
        for _ in 0..<64 {
            if self[keyPath: direction].wantsMore, !brokenSides.contains(side) {
                switch source.read(upTo: 64 << 10) {
                case .bytes(let bytes): self[keyPath: direction].received(bytes, now: now)
                case .end: self[keyPath: direction].ended()
                case .failed: return .broke(side)
                case .nothingNow: break
                }
            }
            switch self[keyPath: direction].next(now: now) {
            case .nothing: return .paused
            case .wait(let due): return .again(due)
            case .cut(let kind): return .cut(kind)
            case .end:
                target.endWriting()
                self[keyPath: direction].sentEnd()
                return .paused
            case .send(let bytes):
                if isFull.contains(other) || brokenSides.contains(other) { return .paused }
                switch target.write(bytes) {
                case .wrote(let written):
                    self[keyPath: direction].sent(written, now: now)
                    if side == .client { bytesToServer += written } else { bytesToClient += written }
                case .full:
                    isFull.insert(other)
                    return .paused
                case .failed: return .broke(other)
                }
            }
        }
        return .again(now)
    }

    private func updateInterest() {
        for (side, socket, flow) in [(Side.client, client, toServer), (.server, server, toClient)]
        where !brokenSides.contains(side) {
            let wanted = (
                reads: !isConnecting && flow.wantsMore,
                writes: isFull.contains(side) || side == .server && isConnecting
            )
            guard watched[side]?.reads != wanted.reads || watched[side]?.writes != wanted.writes else { continue }
            watched[side] = wanted
            poller.change(socket, token: token(side), reads: wanted.reads, writes: wanted.writes)
        }
    }
}
