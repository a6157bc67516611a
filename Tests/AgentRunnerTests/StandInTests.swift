// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct StandInTests {
    struct Place {
        let root: String
        let environment: [String: String]

        init(prompt: String, revise: Bool = false, discussion: Bool = false) throws {
            root = try Files.temporaryDirectory(prefix: "stand-in-test")
            try Files.createDirectory("\(root)/work")
            try Files.writeAtomically("\(root)/prompt.md", Array(prompt.utf8), durable: false)
            environment = [
                RunnerEnvironment.promptFile: "\(root)/prompt.md", RunnerEnvironment.workspace: "\(root)/work",
                RunnerEnvironment.agentResultFile: "\(root)/result.json", RunnerEnvironment.revise: "\(revise)",
                RunnerEnvironment.discussion: "\(discussion)",
                RunnerEnvironment.progressFile: "\(root)/progress",
                RunnerEnvironment.sessionDirectory: "\(root)/sessions",
            ]
        }

        func run(session: String? = nil) -> Int32 {
            var environment = environment
            environment[RunnerEnvironment.sessionID] = session
            return StandInAgent(environment: environment) { _ in }.run()
        }

        func result() throws -> JSONValue { try JSONValue.parse(Files.readBytes("\(root)/result.json")) }
    }

    @Test(arguments: [("What do you think?", "nothing to say"), ("create a with one", "a would be created")])
    func inADiscussionItTalksAndTouchesNothing(_ text: String, _ answer: String) throws {
        let place = try Place(prompt: text, discussion: true)
        #expect(place.run() == 0)
        #expect(try place.result()["summary"]?.stringValue?.contains(answer) == true)
        #expect(try Files.list("\(place.root)/work").isEmpty)
    }

    @Test func firstRunFollowsEveryInstructionAndARevisionTheLast() throws {
        let prompt = "# Issue\ncreate a with one\ncreate b/c with two\n\n## Review\n- create d with three\n"
        let first = try Place(prompt: prompt)
        #expect(first.run() == 0)
        #expect(try Files.readText("\(first.root)/work/b/c") == "two\n")
        #expect(try Files.list("\(first.root)/work") == ["a", "b", "d"])
        #expect(try Files.readText("\(first.root)/result.json").contains("a, b/c, d"))
        let revision = try Place(prompt: prompt, revise: true)
        #expect(revision.run() == 0)
        #expect(try Files.list("\(revision.root)/work") == ["d"])
    }

    @Test func withoutAnInstructionItFails() throws {
        let place = try Place(prompt: "make it nice\n")
        #expect(place.run() == 3)
        #expect(try place.result()["error"]?.stringValue?.contains("create FILE with TEXT") == true)
    }

    @Test func itsSessionGoesOnWhereTheFileIs() throws {
        let place = try Place(prompt: "create a with one\n")
        #expect(place.run() == 0)
        let session = try #require(try place.result()["sessionID"]?.stringValue)
        #expect(try place.result()["sessionResumed"]?.boolValue == false)
        #expect(place.run(session: session) == 0)
        #expect(try place.result()["sessionID"]?.stringValue == session)
        #expect(try place.result()["sessionResumed"]?.boolValue == true)
        #expect(StandInSession.read("\(place.root)/sessions", id: session)?.runs == 2)
        #expect(place.run(session: "stand-in-gone") == 0)
        #expect(try place.result()["sessionID"]?.stringValue != session)
        #expect(try place.result()["resumeProblem"]?.stringValue?.contains("stand-in-gone") == true)
        let lines = try Files.readText("\(place.root)/progress").split(separator: "\n")
        let entries = try lines.compactMap { AgentProgress.Entry(try JSONValue.parse(String($0))) }
        #expect(entries.prefix(2) == [.session(id: session, resumed: false), .status("created a")])
        #expect(entries[2] == .session(id: session, resumed: true))
    }

    @Test(arguments: ["../a", "/tmp/a", "a/../../b", ".git/hooks/x", "a//b", "link/a"])
    func refusesWhatIsNotAPlainPathInside(file: String) throws {
        let place = try Place(prompt: "create \(file) with x")
        try Files.createDirectory("\(place.root)/outside")
        try Files.linkSymbolically("\(place.root)/work/link", to: "\(place.root)/outside")
        #expect(place.run() == 1)
        #expect(try Files.list("\(place.root)/outside").isEmpty)
        #expect(try Files.list("\(place.root)/work") == ["link"])
    }
}
