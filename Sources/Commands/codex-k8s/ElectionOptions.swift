// SPDX-License-Identifier: MIT
import AuditTrail
import CommandLineInterface
import ControllerRuntime
import HTTPTransport
import KubernetesClient
import OperatorParts
import ServiceRuntime
import SystemCalls

/// The options of `codex-k8s controller` about who of several leads.
enum ElectionOptions {
    /// An answer that is written out, because leaving it out means yes.
    enum Answer: String, CaseIterable, Sendable {
        case yes = "true"
        case no = "false"
    }

    static let leaderElect = Option<Answer>.optional(
        "leader-elect", .choice("BOOLEAN"), default: "true", environment: "CODEXK8S_LEADER_ELECT",
        help: "Whether to lead by a Lease before acting; false only where certainly no other controller runs.")
    static let namespace = Option<String?>.optional(
        "leader-elect-namespace", .text("NAME"),
        help: "The Lease's namespace; by default the configuration's systemNamespace.")
    static let name = Option<String>.optional(
        "leader-elect-name", .text("NAME"), default: "codex-k8s-controller",
        help: "The Lease's name; where two versions use two names, both lead.")
    static let leaseDuration = Option<Duration>.optional(
        "leader-elect-lease-duration", .duration, default: "15s",
        help: "How long the others wait after the last renewal that they saw.")
    static let renewDeadline = Option<Duration>.optional(
        "leader-elect-renew-deadline", .duration, default: "10s",
        help: "How long the leader goes on after the start of its last renewal.")
    static let retryPeriod = Option<Duration>.optional(
        "leader-elect-retry-period", .duration, default: "2s", help: "The time between renewals, and between tries.")

    static var definitions: [OptionDefinition] {
        [
            leaderElect.definition, namespace.definition, name.definition, leaseDuration.definition,
            renewDeadline.definition, retryPeriod.definition,
        ]
    }

    /// The election that the options describe; nil when there is to be none.
    ///
    /// - Parameter http: used for the lease alone.
    static func election(
        _ parsed: ParsedCommand, namespace systemNamespace: String, cluster: ClusterConfiguration, http: HTTPClient,
        metrics: MetricsRegistry, logger: Logger
    ) throws -> LeaderElection? {
        let timing = ElectionTiming(
            leaseDuration: try parsed[leaseDuration], renewDeadline: try parsed[renewDeadline],
            retryPeriod: try parsed[retryPeriod])
        if let problem = timing.problem { throw UnusableInput("the times of the leader election: \(problem)") }
        guard try parsed[leaderElect] == .yes else { return nil }
        let api = APIClient(
            configuration: cluster, http: http, logger: logger, metrics: metrics, retryPolicy: .never)
        return LeaderElection(
            api: api, namespace: try parsed[namespace] ?? systemNamespace, name: try parsed[name],
            identity: LeaderElection.makeIdentity(host: ProcessIdentity.hostName), timing: timing, logger: logger,
            metrics: metrics)
    }
}
