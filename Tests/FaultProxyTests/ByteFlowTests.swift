// SPDX-License-Identifier: MIT
import Testing

@testable import FaultProxy

@Suite struct ByteFlowTests {
    private let bytes = Array("0123456789".utf8)

    /// What a receiver sees, and when, if somebody pumps as soon as there is something to do.
    private func deliveries(_ flow: inout ByteFlow, from start: Duration = .zero) -> [(Duration, String)] {
        var now = start
        var seen: [(Duration, String)] = []
        for _ in 0..<1000 {
            switch flow.next(now: now) {
            case .send(let slice):
                seen.append((now, String(decoding: slice, as: UTF8.self)))
                flow.sent(slice.count, now: now)
            case .wait(let due): now = due
            case .end:
                seen.append((now, "FIN"))
                flow.sentEnd()
            case .cut(let cut):
                seen.append((now, cut == .reset ? "RST" : "CUT"))
                return seen
            case .nothing: return seen
            }
        }
        Issue.record("it never comes to rest")
        return seen
    }

    private func flow(_ fault: Fault) -> ByteFlow {
        var flow = ByteFlow(fault: fault)
        flow.received(bytes, now: .zero)
        flow.ended()
        return flow
    }

    @Test func `without a fault everything goes on as it came`() {
        var flow = flow(.none)
        #expect(deliveries(&flow).map(\.1) == ["0123456789", "FIN"])
        #expect(flow.isOver)
    }

    @Test func `a delay keeps order and content`() {
        var flow = ByteFlow(fault: .delayed(.seconds(2)))
        flow.received([65], now: .zero)
        flow.received([66], now: .seconds(1))
        let seen = deliveries(&flow)
        #expect(seen.map(\.0) == [.seconds(2), .seconds(3)])
        #expect(seen.map(\.1) == ["A", "B"])
    }

    @Test func `a black hole swallows bytes and ends, and gives them back when it is gone`() {
        var flow = flow(.blackHole)
        #expect(deliveries(&flow).isEmpty)
        #expect(!flow.wantsMore)
        flow.change(to: .none, now: .seconds(9))
        #expect(deliveries(&flow, from: .seconds(9)).map(\.1) == ["0123456789", "FIN"])
    }

    @Test func `bytes in a black hole stay with their sender`() {
        #expect(!ByteFlow(fault: .blackHole).wantsMore)
        #expect(ByteFlow(fault: .none).wantsMore)
    }

    @Test(arguments: [
        (Fault.chunked(1), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "FIN"]),
        (.chunked(4), ["0123", "4567", "89", "FIN"]),
        (.truncated(afterBytes: 4), ["0123", "CUT"]), (.truncated(afterBytes: 4, .reset), ["0123", "RST"]),
        (.truncated(afterBytes: 0, .reset), ["RST"]), (.truncated(afterBytes: 11), ["0123456789", "FIN"]),
    ])
    func pieces(_ fault: Fault, _ expected: [String]) {
        var flow = flow(fault)
        #expect(deliveries(&flow).map(\.1) == expected)
    }

    @Test func `a pause separates chunks`() {
        var flow = flow(.chunked(5, pause: .seconds(1)))
        #expect(deliveries(&flow).map(\.0) == [.zero, .seconds(1), .seconds(1)])
    }

    @Test func `a throttle keeps to its rate`() {
        var flow = ByteFlow(fault: .throttled(bytesPerSecond: 1000))
        flow.received([UInt8](repeating: 65, count: 2000), now: .zero)
        let seen = deliveries(&flow)
        let last = seen.last?.0 ?? .zero
        #expect(last > .milliseconds(1800) && last <= .seconds(2))
        #expect(seen.allSatisfy { $0.1.utf8.count <= 50 })
    }

    @Test func `the count of a cut begins with its fault`() {
        var flow = ByteFlow(fault: .none)
        flow.received(bytes, now: .zero)
        _ = deliveries(&flow)
        flow.change(to: .truncated(afterBytes: 3), now: .zero)
        flow.received(bytes, now: .zero)
        #expect(deliveries(&flow).map(\.1) == ["012", "CUT"])
    }

    @Test func `a sender that is faster than the receiver meets back-pressure`() {
        var flow = ByteFlow(fault: .none)
        flow.received([UInt8](repeating: 0, count: ByteFlow.capacity), now: .zero)
        #expect(!flow.wantsMore)
        flow.sent(1, now: .zero)
        #expect(flow.wantsMore)
    }
}
