// SPDX-License-Identifier: MIT
import Cryptography

/// Deterministic names: the same input always gives the same name, so that making a thing twice is making it once.
package enum Names {
    /// First 10 characters of lower-case base32 of the SHA-256 of a text.
    package static func hash(_ text: String, length: Int = 10) -> String {
        String(Base32.encode(SHA256.digest(Array(text.utf8))).prefix(length))
    }

    /// The AgentRun that a labelling seen by the edge is named after.
    ///
    /// GitHub's payload has no id of the labelling; the issue's `updated_at` stands in for it, which stops redeliveries
    /// and second hooks. What is the same labelling is decided at admission, by the event's id.
    package static func run(repositoryID: Int64, issue: Int, label: String, updatedAt: String) -> String {
        "run-\(issue)-\(hash("label|\(repositoryID)|\(issue)|\(label)|\(updatedAt)", length: 16))"
    }

    /// The AgentRun of a labelled event that healing found.
    package static func run(repositoryID: Int64, issue: Int, labelEventID: Int64) -> String {
        "run-\(issue)-\(hash("event|\(repositoryID)|\(labelEventID)", length: 16))"
    }

    /// The AgentRun of a review that asks for changes.
    package static func run(repositoryID: Int64, pullRequest: Int, reviewID: Int64) -> String {
        "run-\(pullRequest)-\(hash("review|\(repositoryID)|\(reviewID)", length: 16))"
    }

    /// The IssueNamespace, and the run namespace, of (repository, issue, agent).
    package static func runNamespace(repositoryID: Int64, issue: Int, agent: String) -> String {
        "codex-issue-\(issue)-\(agent)-\(hash(String(repositoryID)))"
    }

    /// The environment beside a run namespace.
    package static func environmentNamespace(of runNamespace: String) -> String { "\(runNamespace)-env" }

    /// The Job of one attempt of a run.
    ///
    /// - Parameter resumption: how often the attempt went on in a new Job after a long wait.
    package static func job(runUID: String, attempt: Int, resumption: Int = 0) -> String {
        "run-\(hash(runUID))-\(attempt)" + (resumption > 0 ? "-r\(resumption)" : "")
    }

    /// The Secret that one Job's broker reads.
    package static func credentials(runUID: String, attempt: Int, resumption: Int = 0) -> String {
        "\(job(runUID: runUID, attempt: attempt, resumption: resumption))-credentials"
    }

    /// The ConfigMap with one Job's task.
    package static func task(runUID: String, attempt: Int, resumption: Int = 0) -> String {
        "\(job(runUID: runUID, attempt: attempt, resumption: resumption))-task"
    }

    /// The service account of the run's pod.
    package static let serviceAccount = "codex-runner"
    /// Whom the pods' tokens for the run API are good for: the API server refuses them, and the run API every other.
    package static let runAPIAudience = "codex-k8s-run-api"
    /// The tool by which an agent tells people what it does.
    package static let statusReportTool = "run_status_report"
    package static let quota = "codex-quota"
    package static let limits = "codex-limits"
    package static let networkPolicy = "codex-network"
    /// The RoleBinding that lets the controller write into a run namespace.
    package static let controllerBinding = "codex-controller-run"
    /// The RoleBinding that lets the agent work in its environment.
    package static let agentBinding = "codex-agent"

    /// The ClusterRole of an agent in its environment.
    package static func agentClusterRole(readOnly: Bool) -> String {
        readOnly ? "codex-agent-readonly" : "codex-agent-fullenv"
    }
}
