// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import JSONCoding
import ServiceRuntime
import SystemCalls

/// `agent-runner codex`: the codex CLI as an agent by the contract of `docs/agent-contract.md`.
package struct CodexAgent: Sendable {
    /// The longest event that is read, in bytes; a longer one, such as a command's huge output, is passed over.
    private static let longestEvent = 8 << 20

    private let settings: CodexSettings
    private let progress: ProgressFile
    private let say: @Sendable (String) -> Void

    /// Reads the environment strictly.
    package init(environment: [String: String], say: @escaping @Sendable (String) -> Void) throws(RunnerError) {
        self.init(settings: try CodexSettings(environment: environment), say: say)
    }

    init(settings: CodexSettings, say: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        progress = ProgressFile(path: settings.progressFile)
        self.say = say
    }

    /// Runs codex to its end and leaves the result; answers the exit code of the agent contract.
    ///
    /// Cancelling the task ends codex: TERM, and KILL after the grace time. Its session's file stays.
    package func run() async -> Int32 {
        var result = AgentResult()
        let failure = await work(&result)
        result.take(modelsFile: settings.resultFile.flatMap(AgentResult.read))
        result.error = failure
        if let file = settings.resultFile {
            do { try Files.writeAtomically(file, result.json.encoded(), durable: false) } catch {
                say("the result file cannot be written: \(error)")
            }
        }
        if Task.isCancelled { return 143 }
        return failure == nil ? 0 : 1
    }

    /// Answers why it failed; nil when it did not.
    private func work(_ result: inout AgentResult) async -> String? {
        do {
            let prompt = try Files.readBytes(settings.promptFile, limit: 8 << 20)
            try Files.createDirectory(settings.sessionDirectory, mode: 0o700)
            try Files.writeAtomically(
                "\(settings.codexHome)/config.toml", Array(settings.configuration.text.utf8), mode: 0o600,
                durable: false)
            if let session = settings.sessionID {
                switch try await attempt(prompt, session: session, &result) {
                case .done: return nil
                case .failed(let reason): return reason
                case .notResumed(let reason):
                    if Task.isCancelled { return "it was told to stop" }
                    result = AgentResult(resumeProblem: OneLine.make(reason, limit: 400))
                    say(
                        "session \(session) cannot be gone on with, a fresh one is begun: \(result.resumeProblem ?? "")"
                    )
                }
            }
            switch try await begin(prompt, &result) {
            case .done: return nil
            case .failed(let reason), .notResumed(let reason): return reason
            }
        } catch {
            let reason = OneLine.make("\(error)", limit: 1000)
            say(reason)
            return reason
        }
    }

    /// Begins a fresh session, in a folder without what cannot be gone on with: it would be saved along with the new
    /// session and count against its bound. Where none is begun, the old one stays: that may have had another reason.
    private func begin(_ prompt: [UInt8], _ result: inout AgentResult) async throws -> CodexDriver.Verdict {
        let (folder, aside) = (settings.sessionDirectory, "\(settings.codexHome)/sessions.before")
        try Files.remove(aside)
        try Files.rename(folder, to: aside)
        try Files.createDirectory(folder, mode: 0o700)
        defer {
            if result.sessionID == nil {
                try? Files.remove(folder)
                try? Files.rename(aside, to: folder)
            } else {
                try? Files.remove(aside)
            }
        }
        return try await attempt(prompt, session: nil, &result)
    }

    private func attempt(
        _ prompt: [UInt8], session: String?, _ result: inout AgentResult
    ) async throws -> CodexDriver.Verdict {
        let process = try await ChildProcess.spawn(
            .init(
                executable: settings.executable, arguments: settings.arguments(session: session),
                environment: settings.childEnvironment, workingDirectory: settings.checkout,
                standardInput: .bytes(prompt), output: .stream, errors: .collect(limit: 256 << 10),
                closeOnParentDeath: true))
        // In a task of its own: when this one is cancelled, what codex still says is read.
        let following = Task { await follow(process, CodexDriver(wantedSession: session)) }
        let (driver, code) = await withTaskCancellationHandler {
            (await following.value, await process.wait())
        } onCancel: {
            process.terminate(grace: settings.grace)
        }
        result.summary = driver.lastMessage
        result.sessionID = driver.sessionID
        result.sessionResumed = driver.sessionID == nil ? nil : driver.isResumed
        let errors = String(decoding: process.collected.errors, as: UTF8.self)
        let verdict = driver.verdict(exitCode: code, errors: errors)
        if Task.isCancelled { return .failed("it was told to stop") }
        if case .failed(let reason) = verdict { say("codex failed with exit code \(code): \(reason)") }
        return verdict
    }

    /// Reads events to the end of the output.
    private func follow(_ process: RunningProcess, _ start: CodexDriver) async -> CodexDriver {
        var driver = start
        var lines = BoundedLines(limit: Self.longestEvent)
        for await chunk in process.output {
            for item in lines.take(chunk) { handle(item, &driver, process) }
        }
        if let item = lines.finish() { handle(item, &driver, process) }
        return driver
    }

    private func handle(_ item: BoundedLines.Item, _ driver: inout CodexDriver, _ process: RunningProcess) {
        switch item {
        case .tooLong(let bytes): say("an event of \(bytes) bytes was passed over")
        case .line(let line):
            guard let event = CodexEvent(line: line) else {
                let text = String(decoding: line.prefix(4096), as: UTF8.self)
                if !line.isEmpty { say(OneLine.make("not understood: \(text)", limit: CodexDriver.longestLine)) }
                return
            }
            for action in driver.take(event) {
                switch action {
                case .log(let text): say(text)
                case .progress(let entry): progress.append(entry)
                case .end: process.terminate(grace: settings.grace)
                }
            }
        }
    }
}
