// SPDX-License-Identifier: MIT
import Glibc
import Testing

@testable import ServiceRuntime

@Suite(.timeLimit(.minutes(1))) struct SignalSequenceTests {
    /// SIGURG is ignored by default, so that a test which fails to catch one cannot end the test run.
    @Test func deliversTheSignalsOfTheProcess() async throws {
        let urgent = Signal(rawValue: SIGURG)
        var iterator = await SignalSequence([urgent]).makeAsyncIterator()
        #expect(kill(getpid(), urgent.rawValue) == 0)
        #expect(await iterator.next() == urgent)
    }

    @Test func namesAreThoseOfTheManual() {
        #expect("\(Signal.terminate) \(Signal.interrupt) \(Signal(rawValue: 10))" == "SIGTERM SIGINT signal 10")
    }
}
