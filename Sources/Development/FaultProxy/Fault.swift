// SPDX-License-Identifier: MIT

/// What happens to the bytes of one direction of a connection. Faults add up; none of them lets bytes through as they
/// come.
package struct Fault: Sendable, Hashable {
    /// How a connection is cut.
    package enum Cut: Sendable, Hashable {
        /// Ended in order (FIN), in the middle of whatever was said.
        case close
        /// Reset (RST).
        case reset
    }

    /// How long each byte takes longer than it would.
    package var delay = Duration.zero
    /// Nothing arrives, and nothing says so: no FIN, no RST. What was sent is kept, as TCP sends it again, and arrives
    /// when the fault is taken away. The other side's end of the connection is not told either.
    package var isBlackHole = false
    /// The most bytes in a second.
    package var bytesPerSecond: Int?
    /// The most bytes in one segment.
    package var chunkSize: Int?
    /// The time between segments, so that the receiver does not see several as one.
    package var chunkPause = Duration.zero
    /// Cuts the connection, both directions of it, after so many more bytes.
    package var cut: (afterBytes: Int, Cut)? {
        get { cutAfter.map { ($0, cutKind) } }
        set {
            cutAfter = newValue?.afterBytes
            cutKind = newValue?.1 ?? .close
        }
    }
    private var cutAfter: Int?
    private var cutKind = Cut.close

    /// No fault.
    package init() {}

    /// Lets bytes through.
    package static let none = Fault()

    /// Loses everything silently.
    package static let blackHole: Fault = {
        var fault = Fault()
        fault.isBlackHole = true
        return fault
    }()

    /// Makes everything late.
    package static func delayed(_ delay: Duration) -> Fault {
        var fault = Fault()
        fault.delay = delay
        return fault
    }

    /// Lets so many bytes a second through.
    package static func throttled(bytesPerSecond: Int) -> Fault {
        var fault = Fault()
        fault.bytesPerSecond = max(1, bytesPerSecond)
        return fault
    }

    /// Lets bytes through in segments of at most so many, with a pause between them.
    package static func chunked(_ size: Int, pause: Duration = .zero) -> Fault {
        var fault = Fault()
        fault.chunkSize = max(1, size)
        fault.chunkPause = pause
        return fault
    }

    /// Cuts the connection after so many more bytes.
    package static func truncated(afterBytes count: Int, _ cut: Cut = .close) -> Fault {
        var fault = Fault()
        fault.cut = (count, cut)
        return fault
    }
}

/// What happens to the bytes of both directions of a connection.
package struct Faults: Sendable, Hashable {
    /// From the client to the server.
    package var toServer: Fault
    /// From the server to the client.
    package var toClient: Fault

    /// Faults of each direction; none by default.
    package init(toServer: Fault = .none, toClient: Fault = .none) {
        self.toServer = toServer
        self.toClient = toClient
    }

    /// The same in both directions.
    package static func both(_ fault: Fault) -> Faults { Faults(toServer: fault, toClient: fault) }

    /// Lets everything through.
    package static let none = Faults()
}
