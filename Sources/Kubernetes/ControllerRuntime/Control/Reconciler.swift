// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// Brings the world closer to what an object asks for.
///
/// It is given a key, not an event: it reads what is, decides, and acts, and it may be called at any time, any number
/// of times, never twice at once for one key.
package protocol Reconciler: Sendable {
    /// Throws `ReconcileError` to say what to do about a problem; any other error is like `retry`,
    /// and a server's `Retry-After` is the least time.
    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult
}

/// When to look again after a reconcile that went well.
package enum ReconcileResult: Sendable, Hashable {
    /// Nothing to do until something changes.
    case done
    /// Look again after this time, whatever happens.
    case requeueAfter(Duration)
}

/// Problems by what they ask of the runtime.
package enum ReconcileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Trying again may help: soon, then after longer and longer times, but never before the time that is given.
    case retry(String, atLeast: Duration = .zero)
    /// Trying again cannot help before something changes.
    case terminal(String)
    /// Nothing is wrong; something is not there yet. Look again after this time.
    case waitUntil(Duration, String)

    /// The problem, for logs.
    package var description: String {
        switch self {
        case .retry(let message, _), .terminal(let message): message
        case .waitUntil(let duration, let reason): "waiting \(duration) for \(reason)"
        }
    }
}
