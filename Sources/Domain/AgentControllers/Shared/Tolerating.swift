// SPDX-License-Identifier: MIT
import KubernetesClient

/// Runs a request whose refusal for one of these reasons says that what was wanted is so already.
///
/// - Returns: what the body returned; `nil` when it was refused for such a reason.
@discardableResult
func tolerating<T>(_ reasons: APIError.Reason..., body: () async throws -> T) async throws -> T? {
    do {
        return try await body()
    } catch let error as APIError {
        guard reasons.contains(error.reason) else { throw error }
        return nil
    }
}
