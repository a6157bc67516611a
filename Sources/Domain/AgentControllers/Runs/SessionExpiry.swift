// SPDX-License-Identifier: MIT
package import AuditTrail
package import ServiceRuntime

/// Removes sessions that nobody went on with: they hold what people and agents wrote, and are not kept for ever.
package final class SessionExpiry: Service {
    /// How long a session is kept after it was saved last.
    package static let lifetime = Duration.seconds(30 * 24 * 3600)
    /// How often it is looked.
    private static let interval = Duration.seconds(3600)

    private let sessions: any SessionStore
    private let clock: any Clock<Duration>
    private let logger: Logger

    /// Looks after the sessions of this store.
    package init(sessions: any SessionStore, clock: any Clock<Duration> = ContinuousClock(), logger: Logger) {
        self.sessions = sessions
        self.clock = clock
        self.logger = logger
    }

    /// Looks every hour until the task is cancelled.
    package func run() async throws {
        while !Task.isCancelled {
            do {
                let count = try await sessions.expire(unusedFor: Self.lifetime)
                if count > 0 { logger.info("old sessions removed", ["count": "\(count)"]) }
            } catch {
                logger.warning("old sessions could not be removed", ["error": error.description])
            }
            try? await clock.sleep(for: Self.interval)
        }
    }
}
