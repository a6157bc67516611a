// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import HTTPTransport
import HTTPTypes
import JSONCoding
import RunAPITestSupport
import ServiceRuntime
import SystemCalls
import Testing

@testable import AgentRunner

/// Whole runs whose sessions are kept.
@Suite(.timeLimit(.minutes(1))) struct SessionRunTests {
    @Test func aLaterPodGoesOnWhereTheFirstStopped() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            let first = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: "echo 1 > one\n" + SessionPod.agent))
            }
            #expect(first.outcome == .succeeded && first.sessionID == "s-1" && first.sessionResumed == false)
            #expect(first.sessionBytes == 14 && first.sessionProblem == nil && first.resumeProblem == nil)
            #expect(fixture.sessions.committed["s-1"]?.files.map(\.path) == ["2026/s-1.jsonl"])
            let sent = fixture.sessions.chunksPut.count
            // Another folder, and the broker of another pod.
            let second = try await SessionPod.with("second", of: api, url) { pod in
                let message = try await pod.run(
                    pod.sessionConfiguration(agent: "echo 2 > two\n" + SessionPod.agent, attempt: 2, session: "s-1"))
                let file = try Files.readText("\(pod.folder)/workspace/agent/sessions/2026/s-1.jsonl")
                #expect(file == "{\"attempt\":1}\n{\"attempt\":2}\n")
                return message
            }
            #expect(second.outcome == .succeeded && second.sessionID == "s-1" && second.sessionResumed == true)
            #expect(second.sessionBytes == 28 && second.resumeProblem == nil)
            // The line that is new, and nothing else.
            #expect(fixture.sessions.chunksPut.count == sent + 1)
            #expect(fixture.sessions.committed.count == 1)
            #expect(try await origin.inRepository("rev-list", "--count", "main..\(RunPod.branch)") == "2")
        }
    }

    @Test func aPodInThePlaceOfALostOneGoesOnByItself() async throws {
        let fixture = SessionPod.api()
        fixture.tokens.set("again", .success(.pod(run: "uid-1", attempt: 1, issue: 7, created: 9)))
        try await SessionPod.inCluster(fixture) { _, url, api in
            _ = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent + "\nexit 1"))
            }
            // The same attempt of the same Job; nobody named a session.
            let message = try await SessionPod.with("again", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent))
            }
            #expect(message.sessionResumed == true && message.sessionBytes == 28 && message.resumeProblem == nil)
            // Another run of the issue begins anew unless the controller says otherwise.
            let other = try await SessionPod.with("other", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent.replacing("s-1", with: "s-3")))
            }
            #expect(other.sessionResumed == false && other.sessionID == "s-3")
        }
    }

    @Test func theSessionIsSavedWhileTheRunGoes() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { _, url, api in
            try await SessionPod.with("first", of: api, url) { pod in
                let go = "\(pod.folder)/go"
                var configuration = try pod.sessionConfiguration(
                    agent: SessionPod.agent + "\nwhile [ ! -e \(go) ]; do sleep 0.01; done; echo more >> \"$file\"")
                configuration.sessionInterval = .milliseconds(50)
                let run = Task { [configuration] in try await pod.run(configuration) }
                try await eventually { fixture.sessions.committed["s-1"] != nil }
                let early = try #require(fixture.sessions.committed["s-1"])
                #expect(early.sessionBytes == 14)
                try Files.overwrite(go, [])
                #expect(try await run.value.sessionBytes == 19)
                #expect(fixture.sessions.committed["s-1"]?.files[0].chunks.first == early.files[0].chunks.first)
            }
        }
    }

    @Test(arguments: ["unknown", "missing", "spoiled", "swapped", "away", "stranger"])
    func whatCannotBeRestoredBecomesAFreshSession(loss: String) async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            _ = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent))
            }
            let chunk = try #require(fixture.sessions.committed["s-1"]?.files[0].chunks[0])
            var expected = ""
            switch loss {
            case "missing":
                fixture.sessions.forget(chunk: chunk)
                expected = "is missing"
            case "spoiled":
                fixture.sessions.spoil(chunk: chunk, [0x78, 1, 2, 3])
                expected = "no intact zlib stream"
            case "swapped":
                fixture.sessions.spoil(
                    chunk: chunk, [0x78, 0x01, 0x01, 0x03, 0x00, 0xFC, 0xFF, 0x61, 0x62, 0x63, 0x02, 0x4D, 0x01, 0x27])
                expected = "holds other bytes"
            case "away":
                // All that restoring asks for; saving, which comes later, works again.
                fixture.sessions.fail(5)
                expected = "could not be reached"
            case "stranger":
                fixture.tokens.set("second", .success(.pod(run: "uid-1", attempt: 2, issue: 8, created: 2)))
                expected = "no snapshot of session s-1"
            default: expected = "no snapshot of session s-9"
            }
            let message = try await SessionPod.with("second", of: api, url) { [loss] pod in
                var configuration = try pod.sessionConfiguration(
                    agent: "echo 2 > two\n" + SessionPod.agent.replacing("s-1", with: "s-2"), attempt: 2,
                    session: loss == "unknown" ? "s-9" : "s-1")
                configuration.restorePatience = loss == "away" ? .milliseconds(900) : .seconds(20)
                let message = try await pod.run(configuration)
                let file = try Files.readText("\(pod.folder)/workspace/agent/sessions/2026/s-2.jsonl")
                #expect(file == "{\"attempt\":2}\n")
                return message
            }
            #expect(message.outcome == .succeeded && message.sessionID == "s-2" && message.sessionResumed == false)
            #expect(message.resumeProblem?.contains(expected) == true, "\(message.resumeProblem ?? "nil")")
            #expect(try await origin.inRepository("show", "\(RunPod.branch):two") == "2")
        }
    }

    @Test func aSessionOf200MegabytesIsRefusedAndTheRunEndsWell() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            let message = try await SessionPod.with("first", of: api, url) { pod in
                var configuration = try pod.sessionConfiguration(
                    agent: "echo 1 > one\n" + SessionPod.agent
                        + "\nhead -c 209715200 /dev/zero >> \"$file\"; touch \"\(pod.folder)/grown\"; sleep 0.3")
                configuration.sessionInterval = .milliseconds(50)
                return try await pod.run(configuration)
            }
            #expect(message.outcome == .succeeded && message.error == nil)
            let problem = try #require(message.sessionProblem)
            #expect(
                problem.contains("201 MiB") && problem.contains("64 MiB") && problem.contains("sessions.maximumBytes"))
            #expect(try await origin.inRepository("show", "\(RunPod.branch):one") == "1")
            // Nothing of the 200 MB was sent; a state that fitted may be there.
            #expect(fixture.sessions.chunksPut.count <= 1)
            #expect((fixture.sessions.committed["s-1"]?.sessionBytes ?? 0) <= 14)
            #expect(try message.encoded().count <= RunResultMessage.maximumBytes)
        }
    }

    @Test func aRunAPIThatIsAwayDoesNotFailTheRun() async throws {
        let origin = try await GitOrigin()
        try await origin.serve { url in
            let message = try await SessionPod.with("first", of: "http://127.0.0.1:9", url) { pod in
                var configuration = try pod.sessionConfiguration(
                    agent: "echo 1 > one\n" + SessionPod.agent, session: "s-1")
                configuration.restorePatience = .milliseconds(300)
                configuration.savePatience = .milliseconds(300)
                return try await pod.run(configuration)
            }
            #expect(message.outcome == .succeeded)
            #expect(message.resumeProblem?.contains("could not be reached") == true)
            #expect(message.sessionProblem?.contains("could not be reached") == true && message.sessionBytes == nil)
        }
    }

    @Test func aLaterPodHasTheLastWord() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { _, url, api in
            _ = try await SessionPod.with("second", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent, attempt: 2))
            }
            let message = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: "echo x >> README.md\n" + SessionPod.agent))
            }
            #expect(message.outcome == .succeeded)
            #expect(message.sessionProblem?.contains("a later pod") == true)
            #expect(fixture.sessions.commits == 1)
        }
    }

    /// An agent can reach the run API itself, and what it leaves there is what the next run begins with.
    @Test func aSnapshotThatCannotBeCountedOnFromIsNotTaken() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { _, url, api in
            try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent))
                var manifest = try #require(fixture.sessions.committed["s-1"])
                manifest.sequence = .max
                let request = ClientRequest(
                    method: .put, url: try pod.base + "/run/session/s-1", headers: ["Content-Type": "application/json"],
                    body: try JSONValue(encoding: manifest).encoded())
                let client = TestClient()
                let answer = try await client.client.send(request)
                #expect(!answer.status.isSuccess)
            }
            let message = try await SessionPod.with("second", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: SessionPod.agent, attempt: 2, session: "s-1"))
            }
            #expect(message.sessionResumed == true && message.sessionBytes == 28)
        }
    }

    @Test func chunksThatWentAreSentAgain() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { _, url, api in
            try await SessionPod.with("first", of: api, url) { pod in
                let go = "\(pod.folder)/go"
                var configuration = try pod.sessionConfiguration(
                    agent: SessionPod.agent + "\nwhile [ ! -e \(go) ]; do sleep 0.01; done; echo more >> \"$file\"")
                configuration.sessionInterval = .milliseconds(50)
                let run = Task { [configuration] in try await pod.run(configuration) }
                try await eventually { fixture.sessions.committed["s-1"] != nil }
                fixture.sessions.forget(chunk: try #require(fixture.sessions.committed["s-1"]?.files[0].chunks[0]))
                try Files.overwrite(go, [])
                let message = try await run.value
                #expect(message.sessionBytes == 19 && message.sessionProblem == nil)
            }
            #expect(fixture.sessions.committed["s-1"]?.sessionBytes == 19)
        }
    }
}

/// Work that a pod had not pushed when it ended.
@Suite(.timeLimit(.minutes(1))) struct UnfinishedWorkTests {
    /// Leaves a commit of its own, a changed file, a new one and a removed one, and then waits.
    private static let half = """
        echo 1 > one && git add -A && git -c user.name=A -c user.email=a@b.c commit -qm One
        echo changed >> one; echo 2 > two; rm README.md
        """ + "\n" + SessionPod.agent

    private static func files(_ pod: RunPod) throws -> String {
        let checkout = "\(pod.folder)/workspace/repository"
        return try ["one", "two", "README.md"].map {
            let text = Files.exists("\(checkout)/\($0)") ? try Files.readText("\(checkout)/\($0)") : "-"
            return text.replacing("\n", with: " ")
        }.joined(separator: "|")
    }

    @Test(arguments: [true, false])
    func itComesBackInTheNextPodOfTheRun(isTerminated: Bool) async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            let main = try await origin.head("main")
            let first = try await SessionPod.with("first", of: api, url) { pod in
                let mark = "\(pod.folder)/mark"
                let end = isTerminated ? "while :; do sleep 0.01; done" : "exit 3"
                let configuration = try pod.sessionConfiguration(agent: Self.half + "\ntouch \(mark)\n\(end)")
                let run = Task { try await pod.run(configuration) }
                try await eventually { Files.exists(mark) }
                if isTerminated { run.cancel() }
                return try await run.value
            }
            #expect(first.outcome == (isTerminated ? .cancelled : .failed))
            #expect(first.sessionProblem == nil)
            let work = try #require(fixture.sessions.committed["s-1"]?.work)
            #expect(work.runUID == "uid-1" && work.start == main)
            let refs = try await origin.inRepository("for-each-ref", "--format=%(refname)")
            #expect(refs == "refs/heads/main")
            let second = try await SessionPod.with("second", of: api, url) { pod in
                let seen = "\(pod.folder)/seen"
                let script = "git status --porcelain > \(seen)\n" + SessionPod.agent
                let message = try await pod.run(pod.sessionConfiguration(agent: script, attempt: 2, session: "s-1"))
                #expect(try Files.readText(seen) == " D README.md\n M one\n?? two\n")
                #expect(try Self.files(pod) == "1 changed |2 |-")
                return message
            }
            #expect(second.outcome == .succeeded && second.sessionResumed == true && second.resumeProblem == nil)
            let log = try await origin.inRepository("log", "--format=%s", "main..\(RunPod.branch)")
            #expect(log == "Do what the issue asks\nOne")
            #expect(try await origin.inRepository("ls-tree", "--name-only", RunPod.branch) == "one\ntwo")
            // It is on the branch now.
            #expect(fixture.sessions.committed["s-1"]?.work == nil)
        }
    }

    @Test func workOfAnAgentWithoutASessionComesBackToo() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            _ = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: "echo 1 > one; exit 1"))
            }
            #expect(fixture.sessions.committed.keys.sorted() == ["work-uid-1"])
            let second = try await SessionPod.with("second", of: api, url) { pod in
                try await pod.run(
                    pod.sessionConfiguration(
                        agent: "test -z \"$CODEXK8S_SESSION_ID\"", attempt: 2, session: "work-uid-1"))
            }
            #expect(second.outcome == .succeeded && second.resumeProblem == nil)
            #expect(try await origin.inRepository("show", "\(RunPod.branch):one") == "1")
        }
    }

    @Test func itIsNotForAnotherRunAndNotForAnotherStart() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { origin, url, api in
            _ = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: Self.half + "\nexit 1"))
            }
            // Another run of the issue gets the session and none of the work.
            let other = try await SessionPod.with("other", of: api, url) { pod in
                var configuration = try pod.sessionConfiguration(agent: SessionPod.agent, session: "s-1")
                configuration.runUID = "uid-2"
                let message = try await pod.run(configuration)
                #expect(try Self.files(pod) == "-|-|# Shop ")
                return message
            }
            #expect(other.outcome == .noChanges && other.sessionResumed == true)
        }
        let again = SessionPod.api()
        try await SessionPod.inCluster(again) { origin, url, api in
            _ = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(pod.sessionConfiguration(agent: Self.half + "\nexit 1"))
            }
            try await origin.commit("theirs", "x", on: RunPod.branch)
            let second = try await SessionPod.with("second", of: api, url) { pod in
                let message = try await pod.run(
                    pod.sessionConfiguration(agent: SessionPod.agent, attempt: 2, session: "s-1"))
                #expect(try Self.files(pod) == "-|-|# Shop ")
                return message
            }
            #expect(second.sessionResumed == true)
        }
    }

    @Test func tooMuchOfItIsSaidAndNotKept() async throws {
        let fixture = SessionPod.api()
        try await SessionPod.inCluster(fixture) { _, url, api in
            let message = try await SessionPod.with("first", of: api, url) { pod in
                try await pod.run(
                    pod.sessionConfiguration(
                        agent: "head -c 36700160 /dev/urandom > big\n" + SessionPod.agent + "\nexit 1"))
            }
            #expect(message.outcome == .failed)
            #expect(
                message.sessionProblem?.contains("more than the 32 MiB") == true, "\(message.sessionProblem ?? "nil")")
            let kept = try #require(fixture.sessions.committed["s-1"])
            #expect(kept.work == nil && kept.sessionBytes == 14)
        }
    }
}
