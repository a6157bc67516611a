// SPDX-License-Identifier: MIT
import CommandLineInterface
import OperatorParts
import SystemCalls

/// `codex-k8s dev`: everything on one machine, without a cluster.
///
/// It is another program, `codex-k8s-dev`, so that the one that runs in a cluster neither holds nor ships a stand-in for
/// one. That program takes this process's place, with its id.
enum DevCommand {
    static let command = DevOptions.command(named: "dev")

    /// Does not return unless the other program cannot be started.
    static func run() throws {
        let program = Files.directory(of: try Files.executablePath()) + "/codex-k8s-dev"
        guard Files.exists(program) else {
            throw UnusableInput("dev is the program codex-k8s-dev, which did not come with this one; expected \(program)")
        }
        // Without the words `codex-k8s dev`.
        try ProcessIdentity.become(program, arguments: Array(CommandLine.arguments.dropFirst(2)))
    }
}
