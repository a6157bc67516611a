// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import StandInLanguage
import SystemCalls

/// `agent-runner stand-in`: takes the agent's place in the demo and in tests. It is no artificial intelligence and
/// says so.
package struct StandInAgent: Sendable {
    private let environment: [String: String]
    private let say: @Sendable (String) -> Void

    package init(environment: [String: String], say: @escaping @Sendable (String) -> Void) {
        self.environment = environment
        self.say = say
    }

    /// Does what the prompt asks; answers the exit code of the agent contract.
    package func run() -> Int32 {
        say("This is the stand-in agent of codex-k8s: no model is asked. It understands: create FILE with TEXT")
        guard let promptFile = environment[RunnerEnvironment.promptFile],
            let workspace = environment[RunnerEnvironment.workspace]
        else {
            say("\(RunnerEnvironment.promptFile) and \(RunnerEnvironment.workspace) must be set")
            return 2
        }
        let progress = ProgressFile(path: environment[RunnerEnvironment.progressFile])
        var result = AgentResult()
        let code = work(promptFile, workspace, progress, &result)
        if let path = environment[RunnerEnvironment.agentResultFile] {
            do { try Files.writeAtomically(path, result.json.encoded(), durable: false) } catch {
                say("the result file cannot be written: \(error)")
                return 1
            }
        }
        return code
    }

    private func work(
        _ promptFile: String, _ workspace: String, _ progress: ProgressFile, _ result: inout AgentResult
    ) -> Int32 {
        do {
            try beginSession(progress, &result)
            let isRevision = environment[RunnerEnvironment.revise] == "true"
            let found = Instruction.all(in: try Files.readText(promptFile, limit: 8 << 20))
            // A revision's prompt tells the issue first and what reviewers ask last: that is what is to be done now.
            let instructions = isRevision ? Array(found.suffix(1)) : found
            if environment[RunnerEnvironment.discussion] == "true" {
                let files = instructions.map(\.file).joined(separator: ", ")
                result.summary = files.isEmpty
                    ? "Stand-in agent: no model is asked, so there is nothing to say about this."
                    : "Stand-in agent: without mode:discussion, \(files) would be created."
                return 0
            }
            if instructions.isEmpty {
                result.error = "the prompt holds no line of the form: create FILE with TEXT"
                say(result.error ?? "")
                return 3
            }
            for instruction in instructions {
                try write(instruction, below: workspace)
                say("created \(instruction.file)")
                progress.append(["type": "status", "text": .string("created \(instruction.file)")])
            }
            let files = instructions.map(\.file).joined(separator: ", ")
            result.summary = "Stand-in agent: created \(files) as the text asks."
            return 0
        } catch {
            result.error = "\(error)"
            say("\(error)")
            return 1
        }
    }

    /// Keeps a session as small as one can be: a file that counts its runs.
    private func beginSession(_ progress: ProgressFile, _ result: inout AgentResult) throws {
        guard let folder = environment[RunnerEnvironment.sessionDirectory] else { return }
        var session = StandInSession.fresh()
        if let wanted = environment[RunnerEnvironment.sessionID], !wanted.isEmpty {
            if let known = StandInSession.read(folder, id: wanted) {
                session = known
                result.sessionResumed = true
            } else {
                result.resumeProblem = "there is no file of session \(wanted)"
            }
        }
        session.runs += 1
        try session.write(folder)
        result.sessionID = session.id
        result.sessionResumed = result.sessionResumed ?? false
        say("session \(session.id), run \(session.runs)")
        progress.append([
            "type": "session", "id": .string(session.id), "resumed": .bool(result.sessionResumed == true),
        ])
    }

    private func write(_ instruction: Instruction, below workspace: String) throws {
        let root = try Files.resolve(workspace)
        guard instruction.isInsideCheckout else { throw StandInError.outsideWorkspace(instruction.file) }
        let path = "\(root)/\(instruction.file)"
        let folder = Files.directory(of: path)
        // A link inside the checkout may lead out of it: every folder on the way is looked at before it is used.
        var step = root
        for part in instruction.file.split(separator: "/").dropLast() {
            step += "/\(part)"
            if let status = try? Files.linkStatus(step), status.kind != .directory {
                throw StandInError.outsideWorkspace(instruction.file)
            }
        }
        try Files.createDirectory(folder)
        try Files.writeAtomically(path, Array((instruction.text + "\n").utf8), durable: false)
    }
}

/// What the stand-in does not do.
enum StandInError: Error, CustomStringConvertible {
    case outsideWorkspace(String)

    var description: String {
        switch self {
        case .outsideWorkspace(let file): "refused: \(file) is not a plain path inside the workspace"
        }
    }
}
