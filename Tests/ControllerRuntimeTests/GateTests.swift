// SPDX-License-Identifier: MIT
import KubernetesTestSupport
import Testing

@testable import ControllerRuntime

@Suite(.timeLimit(.minutes(1))) struct GateTests {
    @Test func `all who wait pass when it opens, and all who come later`() async throws {
        let gate = Gate()
        #expect(!gate.isOpen)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await gate.wait() } }
            #expect(await eventually { gate.waitingCount == 10 })
            gate.open()
            try await group.waitForAll()
        }
        try await gate.wait()
        #expect(gate.isOpen)
    }

    @Test func `cancellation ends the wait`() async {
        let gate = Gate()
        let waiting = Task { try await gate.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
