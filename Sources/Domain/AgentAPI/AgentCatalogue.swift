// SPDX-License-Identifier: MIT

/// What is known of one agent.
package struct AgentDefinition: Sendable, Hashable {
    /// `[a-z0-9-]{1,16}`.
    package var key: String
    /// What it is, for people.
    package var role: String
    package var mode: AgentMode
    /// It may only look at its environment.
    package var readOnly: Bool
    /// How many runs of it a repository may have at once.
    package var parallelRuns: Int
    package var image: String
    /// The command that does the work inside the pod, by the agent contract.
    package var command: [String]
    package var model: String?
    package var reasoningEffort: String?
    /// How long one attempt may run.
    package var timeout: Duration

    /// The agents that exist without any configuration.
    package static let defaults: [AgentDefinition] = [
        make("pm", "product manager", .codeOnly, readOnly: false, parallel: 1),
        make("sa", "solution architect", .fullEnv, readOnly: true, parallel: 1),
        make("em", "engineering manager", .fullEnv, readOnly: true, parallel: 1),
        make("dev", "software engineer", .fullEnv, readOnly: false, parallel: 2),
        make("reviewer", "pre-review, comments only", .fullEnv, readOnly: true, parallel: 2),
        make("qa", "test lead", .fullEnv, readOnly: false, parallel: 2),
        make("sre", "operations", .fullEnv, readOnly: false, parallel: 1),
        make("km", "documentation, self-improve", .codeOnly, readOnly: false, parallel: 2),
    ]

    /// The default time of a run.
    package static let defaultTimeout = Duration.seconds(5 * 3600)
    /// The image with `agent-runner` and the agent CLI.
    package static let defaultImage = "ghcr.io/codex-k8s/agent-runner:latest"

    /// The codex CLI, which the image holds.
    package static let defaultCommand = ["agent-runner", "codex"]

    private static func make(
        _ key: String, _ role: String, _ mode: AgentMode, readOnly: Bool, parallel: Int
    ) -> AgentDefinition {
        AgentDefinition(
            key: key, role: role, mode: mode, readOnly: readOnly, parallelRuns: parallel, image: defaultImage,
            command: defaultCommand, model: nil, reasoningEffort: nil, timeout: defaultTimeout)
    }

    /// Whether a text can be an agent's key.
    package static func isKey(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
            && !text.hasPrefix("-") && !text.hasSuffix("-")
    }
}
