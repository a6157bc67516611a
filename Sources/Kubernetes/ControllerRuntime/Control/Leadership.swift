// SPDX-License-Identifier: MIT

/// Who of several processes may act.
///
/// The manager runs its controllers inside `lead`. An election over a `Lease` waits there until it is won, cancels the
/// body when the task is cancelled, and gives the lease up only after the body has ended without an error, so that
/// nothing of the old leader runs on beside the new one. When the lead is lost, `lead` throws at once.
package protocol Leadership: Sendable {
    /// Runs the body while this process leads.
    ///
    /// - Throws: `LeadershipLost`, without having waited for the body; `CancellationError` when the task is cancelled
    ///   before the body began; else what the body throws.
    func lead(_ body: @escaping @Sendable () async throws -> Void) async throws

    /// Why this process should not be alive any more; nil when all is well, leading or not.
    var problem: String? { get }
}

extension Leadership {
    /// Nothing that could be wrong.
    package var problem: String? { nil }
}

/// For one process alone: it leads at once and always.
package struct SoleLeadership: Leadership {
    /// Leads without asking anyone.
    package init() {}

    /// Runs the body at once.
    package func lead(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await body()
    }
}
