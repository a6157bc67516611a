// SPDX-License-Identifier: MIT
import Testing

/// Starts one real control plane for the tests that share it, where one is asked for.
struct FaultScope: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    // The protocol's module has other defaults for async functions than ours.
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard FaultCluster.asksRealCluster else { return try await function() }
        let backend = try await RealBackend.start()
        do {
            try await FaultCluster.$sharedReal.withValue(backend) { try await function() }
        } catch {
            await backend.stop()
            throw error
        }
        await backend.stop()
    }
}

/// The failures that every client and controller of a cluster meets sooner or later, each provoked on the embedded
/// server and, with `KUBEBUILDER_ASSETS`, on a real control plane. docs/failure-modes.md tells what is guaranteed.
@Suite(FaultScope(), .timeLimit(.minutes(FaultSize.isFull ? 30 : 5))) struct FailureMode {}
