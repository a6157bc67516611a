// SPDX-License-Identifier: MIT
import ServiceRuntime

/// Counts how credentials are renewed, under client-go's names.
struct CredentialMetrics: Sendable {
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) { self.registry = registry }

    /// Renewals are rare, so the counter is looked up each time.
    func countAuthorityReload(_ outcome: CredentialFiles.Outcome) {
        let (result, reason) =
            switch outcome {
            case .unchanged, .updated: ("success", outcome.rawValue)
            default: ("failure", outcome.rawValue)
            }
        registry.counter(
            "rest_client_transport_ca_reload_total",
            help: "Attempts to read the certificate authority's file again, by result and reason.",
            labels: ["result": result, "reason": reason]
        ).increment()
    }

    /// The exit code is zero only for a call that worked.
    func countPluginCall(_ status: ExecPlugin.CallStatus, exitCode: Int32) {
        registry.counter(
            "rest_client_exec_plugin_call_total", help: "Calls of the exec plugin by their end and exit code.",
            labels: ["call_status": status.rawValue, "code": "\(exitCode)"]
        ).increment()
    }
}
