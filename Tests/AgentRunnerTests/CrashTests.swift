// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import ChildProcesses
import JSONCoding
import RunAPITestSupport
import Synchronization
import SystemCalls
import Testing

@testable import AgentRunner

/// The runner's process is killed at each of its steps, and the run goes on in a new pod: another folder, another
/// broker.
///
/// Whatever the step, there is one commit on the branch at the end, and one session that holds the work of both pods as
/// far as the first came.
@Suite(.timeLimit(.minutes(2))) struct CrashTests {
    /// Where the first pod's runner dies.
    enum Step: Sendable, Hashable, CustomTestStringConvertible {
        /// Before the nth call of git, counted from 1, or after it.
        case git(Int, after: Bool)
        /// The agent kills it, before or after it did its work.
        case agent(isDone: Bool)
        /// When the nth request about the session arrives, or after it was served.
        case session(Int, after: Bool)

        var testDescription: String {
            switch self {
            case .git(let number, let after): "git \(number) \(after ? "after" : "before")"
            case .agent(let isDone): "agent \(isDone ? "after" : "before")"
            case .session(let number, let after): "session \(number) \(after ? "after" : "before")"
            }
        }
    }

    /// How many calls of git a run makes; the first test counts them.
    private static let gitCalls = 14
    /// Chunk and manifest before the push; nothing is new after it.
    private static let sessionCalls = 2

    static let steps: [Step] =
        (1...gitCalls).flatMap { [.git($0, after: false), .git($0, after: true)] }
        + (1...sessionCalls).flatMap { [.session($0, after: false), .session($0, after: true)] }
        + [.agent(isDone: false), .agent(isDone: true)]

    /// A `git` that counts its calls in a file and kills its caller at one of them.
    private static func shim(in folder: String, step: Step?) throws -> String {
        let bin = "\(folder)/bin"
        try Files.createDirectory(bin)
        let kill = "kill -9 $PPID; exit 1"
        var (before, after) = ("", "")
        if case .git(let number, let isAfter) = step {
            let line = "[ $n -eq \(number) ] && { \(kill); }"
            if isAfter { after = line } else { before = line }
        }
        let script = """
            #!/bin/sh
            n=$(($(cat \(folder)/calls 2>/dev/null || echo 0) + 1)); echo $n > \(folder)/calls
            \(before)
            /usr/bin/git "$@"; code=$?
            \(after)
            exit $code
            """
        try Files.writeAtomically("\(bin)/git", Array(script.utf8), mode: 0o755, durable: false)
        return "\(bin):\(GitOrigin.path)"
    }

    private static func agent(_ step: Step?) -> String {
        let kill = "kill -9 $PPID; sleep 5"
        let work = "echo content > file\n" + SessionPod.agent
        return switch step {
        case .agent(let isDone): isDone ? "\(work)\n\(kill)" : "\(kill)\n\(work)"
        default: work
        }
    }

    /// Starts the program as a container runtime does, and waits for its end.
    private static func run(
        _ pod: RunPod, attempt: Int, session: String?, step: Step?, agent script: String? = nil,
        _ started: @Sendable (RunningProcess) -> Void = { _ in }
    ) async throws -> Int32 {
        var environment = pod.environment(agent: script ?? agent(step))
        environment["PATH"] = try shim(in: pod.folder, step: step)
        environment[RunnerEnvironment.attempt] = String(attempt)
        environment[RunnerEnvironment.sessionLimit] = String(64 << 20)
        environment[RunnerEnvironment.sessionID] = session
        let process = try await ChildProcess.spawn(ProgramTests.configuration(["run"], environment))
        started(process)
        return await process.wait()
    }

    @Test func theStepsAreCounted() async throws {
        let fixture = SessionPod.api()
        let calls = Mutex(0)
        fixture.sessions.onRequest { _ in calls.withLock { $0 += 1 } }
        try await SessionPod.inCluster(fixture) { origin, url, api in
            try await SessionPod.with("first", of: api, url) { pod in
                #expect(try await Self.run(pod, attempt: 1, session: nil, step: nil) == 0)
                let count = Int(try Files.readText("\(pod.folder)/calls").dropLast())
                #expect(count == Self.gitCalls)
            }
        }
        // Each request is announced before it is served and after it.
        #expect(calls.withLock { $0 } == 2 * Self.sessionCalls)
    }

    @Test(arguments: steps) func theRunEndsInOneCommitAndOneSession(step: Step) async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            try await SessionPod.with("first", of: api, url) { pod in
                let process = Mutex<RunningProcess?>(nil)
                if case .session(let number, let after) = step {
                    let seen = Mutex(0)
                    fixture.sessions.onRequest { moment in
                        guard moment == (after ? .served : .arrived) else { return }
                        let count = seen.withLock { count in
                            count += 1
                            return count
                        }
                        if count == number { process.withLock { $0 }?.signal(.kill, toGroup: false) }
                    }
                }
                let code = try await Self.run(pod, attempt: 1, session: nil, step: step) { started in
                    process.withLock { $0 = started }
                }
                #expect(code == 137)
                #expect(!Files.exists("\(pod.folder)/termination"))
            }
            fixture.sessions.onRequest(nil)
            // What the controller does for the next attempt.
            let scope = SessionScope(repositoryID: 7, issue: 7, agent: "dev")
            let latest = try await fixture.sessions.latest(scope: scope, branch: RunPod.branch)
            try await SessionPod.with("second", of: api, url) { pod in
                let code = try await Self.run(pod, attempt: 2, session: latest?.id, step: nil)
                #expect(code == 0)
                let message = try #require(RunResultMessage.read(try Files.readText("\(pod.folder)/termination")))
                #expect(message.outcome == .succeeded && message.error == nil && message.sessionProblem == nil)
                #expect(message.resumeProblem == nil && message.sessionResumed == (latest != nil))
                #expect(message.headSHA == (try await origin.head(RunPod.branch)))
            }
            #expect(try await origin.inRepository("rev-list", "--count", "main..\(RunPod.branch)") == "1")
            #expect(try await origin.inRepository("show", "\(RunPod.branch):file") == "content")
            let refs = try await origin.inRepository("for-each-ref", "--format=%(refname)")
            #expect(refs == "refs/heads/\(RunPod.branch)\nrefs/heads/main")
            let session = try #require(fixture.sessions.committed["s-1"])
            #expect(fixture.sessions.committed.count == 1 && session.work == nil)
            // A line of each pod whose work was saved.
            #expect(session.sessionBytes == (latest == nil ? 14 : 28))
        }
    }

    /// How many calls of git there are before the agent of a pod that restores unfinished work.
    private static let restoringCalls = 11

    /// Where a pod dies that restores a session and unfinished work: at each request, and at calls of git from the
    /// checkout to the push.
    static let restoringSteps: [Step] =
        (1...3).map { .session($0, after: false) }
        + [7, 9, 11, 13, 15, 17].flatMap { [.git($0, after: false), .git($0, after: true)] }

    @Test(arguments: restoringSteps) func whatOnePodDidNotRestoreTheNextOneDoes(step: Step) async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            try await SessionPod.with("first", of: api, url) { pod in
                let half = "echo half > half\n\(SessionPod.agent)\nexit 1"
                let code = try await Self.run(pod, attempt: 1, session: nil, step: nil, agent: half)
                #expect(code == 1)
            }
            #expect(fixture.sessions.committed["s-1"]?.work != nil)
            try await SessionPod.with("second", of: api, url) { pod in
                let process = Mutex<RunningProcess?>(nil)
                if case .session(let number, _) = step {
                    let seen = Mutex(0)
                    fixture.sessions.onRead {
                        let count = seen.withLock { count in
                            count += 1
                            return count
                        }
                        if count == number { process.withLock { $0 }?.signal(.kill, toGroup: false) }
                    }
                }
                let code = try await Self.run(pod, attempt: 2, session: "s-1", step: step) { started in
                    process.withLock { $0 = started }
                }
                #expect(code == 137)
            }
            fixture.sessions.onRead(nil)
            try await SessionPod.with("third", of: api, url) { pod in
                #expect(try await Self.run(pod, attempt: 3, session: "s-1", step: nil) == 0)
                let message = try #require(RunResultMessage.read(try Files.readText("\(pod.folder)/termination")))
                #expect(message.outcome == .succeeded && message.sessionResumed == true && message.resumeProblem == nil)
            }
            #expect(try await origin.inRepository("rev-list", "--count", "main..\(RunPod.branch)") == "1")
            let files = try await origin.inRepository("ls-tree", "--name-only", RunPod.branch)
            #expect(files == "README.md\nfile\nhalf")
            let session = try #require(fixture.sessions.committed["s-1"])
            #expect(fixture.sessions.committed.count == 1 && session.work == nil)
            // A line of each pod whose agent ended: what it thought is saved before its work is pushed.
            var lines = 2
            if case .git(let number, _) = step, number > Self.restoringCalls { lines = 3 }
            #expect(session.sessionBytes == 14 * lines)
        }
    }
}
