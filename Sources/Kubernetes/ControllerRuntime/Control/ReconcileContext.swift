// SPDX-License-Identifier: MIT
package import ServiceRuntime

/// Which reconcile is under way: for logs, so that all lines of one can be found.
package struct ReconcileContext: Sendable {
    /// The reconcile that the current task belongs to; nil outside of one.
    @TaskLocal package static var current: ReconcileContext?

    /// The controller's name.
    package let controller: String
    /// Why the key is looked at: the first of the reasons since the last time.
    package let reason: String
    private let run: UInt32
    private let number: UInt64

    init(controller: String, reason: String, run: UInt32, number: UInt64) {
        self.controller = controller
        self.reason = reason
        self.run = run
        self.number = number
    }

    /// Unlike that of every other reconcile, also of other processes. Made when asked for: most are never logged.
    package var id: String { "\(String(run, radix: 16))-\(number)" }
}

extension Logger {
    /// This logger with the id and the reason of the reconcile that the current task belongs to.
    package var inReconcile: Logger {
        guard let context = ReconcileContext.current else { return self }
        return with("reconcileID", context.id).with("reason", context.reason)
    }
}
