// SPDX-License-Identifier: MIT
package import ServiceRuntime
import Synchronization

/// What probes ask.
extension Manager {
    /// Whether every cache is filled, on leaders and standbys alike, and the process is not stopping.
    package var isReady: Bool { !isStopping.isSet && unready.isEmpty }

    /// The caches that are not filled yet, each with the reason.
    package var unready: [String] {
        parts.withLock { $0.caches }.filter { !$0.hasSynced() }.map { "\($0.name): \($0.problem ?? "not filled yet")" }
    }

    /// Whether a controller is alive but stuck.
    package var isStuck: Bool { parts.withLock { $0.controllers }.contains { $0.problem != nil } }

    /// What makes a restart the only help: workers that are stuck, and a lead that is over while the process goes on.
    /// A quiet controller, a standby, and an API server that is away are all well.
    package var livenessChecks: [HealthCheck] {
        let controllers = parts.withLock { $0.controllers }.map { controller in
            HealthCheck("controller-\(controller.name)") { [weak controller] in controller?.problem }
        }
        return controllers + [HealthCheck("leaderelection") { [leadership] in leadership.problem }]
    }

    /// What the process waits for before it can do its work: a cache a check, and that it is not on its way out.
    package var readinessChecks: [HealthCheck] {
        let caches = parts.withLock { $0.caches }.map { cache in
            HealthCheck("cache-\(Self.checkName(cache.name))") {
                cache.hasSynced() ? nil : cache.problem ?? "not filled yet"
            }
        }
        let stopping = HealthCheck("shutdown") { [isStopping] in isStopping.isSet ? "the process is stopping" : nil }
        return caches + [stopping]
    }

    /// `pods in default` becomes `pods-in-default`.
    private static func checkName(_ name: String) -> String {
        String(name.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" })
    }
}
