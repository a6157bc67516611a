// SPDX-License-Identifier: MIT
import HTTPTypes
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct StreamingMachineTests {
    private typealias Machine = StreamingReceiver.Machine
    private let receiver = StreamingReceiver(url: "http://host/")

    private func offer(_ count: Int) -> BodyAnswer {
        [UInt8](repeating: 1, count: count).withUnsafeBytes { receiver.received($0) }
    }

    @Test func pausesAboveTheHighMarkAndResumesBelowTheLowMark() async throws {
        let resumed = Shared(0)
        receiver.onDrained { resumed.update { $0 += 1 } }
        let chunk = Machine.highMark / 4
        for _ in 0..<4 { #expect(offer(chunk) == .taken) }
        #expect(offer(chunk) == .pause)
        #expect(offer(1) == .pause)
        for _ in 0..<2 { #expect(try await receiver.nextChunk().get()?.count == chunk) }
        #expect(resumed.value == 0)
        _ = await receiver.nextChunk()
        #expect(resumed.value == 1)
        #expect(offer(chunk) == .taken)
    }

    @Test func whatArrivedBeforeAFailureIsRead() async throws {
        _ = offer(3)
        receiver.finished(HTTPClientError(.connectionLost, url: "u", detail: "d"))
        #expect(receiver.isFinished)
        #expect(offer(1) == .refuse)
        #expect(try await receiver.nextChunk().get()?.count == 3)
        #expect(await HTTPClientError.code { try await receiver.nextChunk().get() } == .connectionLost)
        #expect(await HTTPClientError.code { try await receiver.nextChunk().get() } == .connectionLost)
    }

    @Test func theEndComesAfterTheLastChunkAndStays() async throws {
        receiver.received(ResponseHead(status: .ok, fields: ReceivedFields()))
        _ = offer(1)
        receiver.finished(nil)
        receiver.finished(HTTPClientError(.cancelled, url: "u", detail: "too late"))
        #expect(try await receiver.head().get().status == .ok)
        #expect(try await receiver.nextChunk().get()?.count == 1)
        #expect(try await receiver.nextChunk().get() == nil)
        #expect(try await receiver.nextChunk().get() == nil)
    }

    @Test func cancellingDropsWhatWaits() async {
        _ = offer(1)
        receiver.finished(HTTPClientError(.cancelled, url: "u", detail: "d"))
        #expect(await HTTPClientError.code { try await receiver.nextChunk().get() } == .cancelled)
        #expect(await HTTPClientError.code { try await receiver.head().get() } == .cancelled)
    }

    @Test func aLongQueueKeepsItsOrder() async throws {
        for index in 0..<300 { _ = [UInt8(truncatingIfNeeded: index)].withUnsafeBytes { receiver.received($0) } }
        for index in 0..<300 { #expect(try await receiver.nextChunk().get() == [UInt8(truncatingIfNeeded: index)]) }
    }

    @Test func anAnswerWithoutHeadIsAViolation() async {
        receiver.finished(nil)
        #expect(await HTTPClientError.code { try await receiver.head().get() } == .protocolViolation)
    }
}
