// SPDX-License-Identifier: MIT
import KubernetesClient
import Testing

/// Starts one cluster for the whole suite and stops it afterwards.
struct BehaviourScope: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    // The protocol's module has other defaults for async functions than ours.
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await TestCluster.withRunning { cluster in
            try await TestCluster.$running.withValue(cluster) { try await function() }
        }
    }
}

/// How Kubernetes behaves, as far as the operator relies on it: the same cases for the embedded cluster and for a real
/// control plane, on the raw client.
@Suite(BehaviourScope(), .timeLimit(.minutes(5))) struct Behaviour {}

/// Runs what must be refused, and returns the error when the reason is the expected one.
@discardableResult
func refused<T>(
    _ reason: APIError.Reason, _ body: () async throws -> T, sourceLocation: SourceLocation = #_sourceLocation
) async -> APIError? {
    do {
        let value = try await body()
        Issue.record("it was not refused but answered \(value)", sourceLocation: sourceLocation)
    } catch let error as APIError {
        #expect(error.reason == reason, "\(error)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    }
    return nil
}
