// SPDX-License-Identifier: MIT

/// One direction of a connection: what arrived, and when how much of it may go on. Pure; time is given.
struct ByteFlow: Sendable {
    /// What to do next.
    enum Step: Sendable, Hashable {
        /// Hand these bytes over, then call ``sent(_:now:)``.
        case send(ArraySlice<UInt8>)
        /// Ask again at this time.
        case wait(until: Duration)
        /// Nothing to do before something arrives or the fault changes.
        case nothing
        /// Tell the receiver that the sender has ended.
        case end
        /// Break the connection.
        case cut(Fault.Cut)
    }

    /// Most bytes kept; the sender is not read beyond it, and so meets back-pressure.
    static let capacity = 256 << 10

    private(set) var fault: Fault
    private var chunks: [(bytes: ArraySlice<UInt8>, due: Duration)] = []
    private var first = 0
    private var buffered = 0
    private var hasEnded = false
    private var toldEnd = false
    private var notBefore = Duration.zero
    /// Bytes let through since the fault began.
    private var passed = 0

    init(fault: Fault) { self.fault = fault }

    /// Whether bytes of the sender should be read.
    var wantsMore: Bool { !fault.isBlackHole && !hasEnded && buffered < Self.capacity }

    /// Whether there is nothing left to do in this direction.
    var isOver: Bool { toldEnd }

    /// Begins another fault; what is underway comes under it.
    mutating func change(to fault: Fault, now: Duration) {
        if fault.delay == .zero {
            for index in first..<chunks.count { chunks[index].due = min(chunks[index].due, now) }
        }
        self.fault = fault
        notBefore = now
        passed = 0
    }

    mutating func received(_ bytes: [UInt8], now: Duration) {
        buffered += bytes.count
        chunks.append((bytes[...], now + fault.delay))
    }

    /// The sender has no more bytes.
    mutating func ended() { hasEnded = true }

    func next(now: Duration) -> Step {
        if toldEnd || fault.isBlackHole { return .nothing }
        if let (limit, cut) = fault.cut, passed >= limit { return .cut(cut) }
        guard first < chunks.count else { return hasEnded ? .end : .nothing }
        let chunk = chunks[first]
        let due = max(chunk.due, notBefore)
        if due > now { return .wait(until: due) }
        return .send(chunk.bytes.prefix(allowance))
    }

    /// How many bytes may go at once.
    private var allowance: Int {
        var count = Int.max
        if let size = fault.chunkSize { count = size }
        // Slices of a twentieth of a second make a steady stream of it.
        if let rate = fault.bytesPerSecond { count = min(count, max(1, rate / 20)) }
        if let (limit, _) = fault.cut { count = min(count, limit - passed) }
        return count
    }

    /// So many bytes were taken.
    mutating func sent(_ count: Int, now: Duration) {
        passed += count
        buffered -= count
        let rest = chunks[first].bytes.dropFirst(count)
        if rest.isEmpty {
            chunks[first].bytes = []
            first += 1
            if first == chunks.count {
                chunks.removeAll(keepingCapacity: true)
                first = 0
            }
        } else {
            chunks[first].bytes = rest
        }
        if let rate = fault.bytesPerSecond {
            notBefore = max(notBefore, now - .milliseconds(50)) + .seconds(Double(count) / Double(rate))
        } else if fault.chunkPause > .zero {
            notBefore = now + fault.chunkPause
        }
    }

    /// The receiver was told that the sender has ended.
    mutating func sentEnd() { toldEnd = true }
}
