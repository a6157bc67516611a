// SPDX-License-Identifier: MIT

/// Who of several processes may act.
///
/// The manager runs its controllers inside `lead`. An election over a `Lease` waits there until it is won, cancels the
/// body when the lease is lost, and gives the lease up only after the body has ended, so that nothing of the old
/// leader runs on beside the new one.
package protocol Leadership: Sendable {
    /// Runs the body while this process leads; throws when the lead was lost or the task is cancelled before it began.
    func lead(_ body: @escaping @Sendable () async throws -> Void) async throws
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
