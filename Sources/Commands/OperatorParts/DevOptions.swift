// SPDX-License-Identifier: MIT
package import CommandLineInterface

/// How `codex-k8s dev` is called: `codex-k8s` shows and checks it, and `codex-k8s-dev` obeys it.
package enum DevOptions {
    /// Where everything is kept.
    package static let state = Option<String>.optional(
        "state", .folder, default: ".codex-k8s-dev", environment: "CODEXK8S_DEV_STATE",
        help: "The folder that everything is kept in; starting again on it goes on where it was.")
    /// What is installed into the embedded cluster first.
    package static let crds = Option<String?>.optional("crds", .folder, help: "The custom resource definitions; by default those that came with the program.")
    /// What is installed after the definitions.
    package static let manifests = Option<String?>.optional("manifests", .folder, help: "The install manifests; by default those that came with the program.")
    /// The port of the embedded cluster.
    package static let apiPort = Option<Int>.optional("api-port", .integer(0...65535), default: "0", help: "Port of the API server; 0 takes a free one.")
    /// The port of the edge.
    package static let edgePort = Option<Int>.optional("edge-port", .integer(0...65535), default: "0", help: "Port of the webhook edge; 0 takes a free one.")
    /// The port of the forge stand-in.
    package static let forgePort = Option<Int>.optional("forge-port", .integer(0...65535), default: "0", help: "Port of the forge stand-in; 0 takes a free one.")

    /// Who works in the pods.
    package static let agent = Option<String>.optional(
        "agent", .text("AGENT", expectation: "stand-in, codex, or the path of a program"), default: "stand-in",
        environment: "CODEXK8S_DEV_AGENT",
        help: "stand-in (asks no model), codex (the real CLI with a stand-in for the model), or a program that keeps the agent contract.")
    /// The CLI that `--agent codex` runs.
    package static let codex = Option<String?>.optional(
        "codex", .file, environment: "CODEXK8S_CODEX", help: "The codex CLI; by default the one in PATH or the one that hack/setup.sh fetched.")

    /// What is configured otherwise than the laptop mode would.
    package static let overlay = Option<String?>.optional(
        "overlay", .file, environment: "CODEXK8S_DEV_OVERLAY",
        help: "A part of the operator's configuration (YAML) that is merged over what dev writes; null takes a key away.")

    /// The command under the name that the program which shows it gives to it.
    package static func command(named name: String) -> Command {
        Command(
            name, summary: "Runs the whole system on this machine: cluster, forge, database, controllers, edge.",
            discussion: """
                The API server and the forge are stand-ins on loopback and say so; controllers, edge, custom resources and \
                Postgres are the real ones. FOLDER/env.sh tells how to reach them once everything is ready, and \
                FOLDER/dev.pid holds the process id.
                """,
            options: [
                state.definition, crds.definition, manifests.definition, CommonOptions.migrations.definition,
                apiPort.definition, edgePort.definition, forgePort.definition, agent.definition, codex.definition, overlay.definition,
                CommonOptions.logLevel.definition,
            ])
    }
}
