// SPDX-License-Identifier: MIT
import AgentAPI
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct StandInTests {
    struct Place {
        let root: String
        let environment: [String: String]

        init(prompt: String, revise: Bool = false) throws {
            root = try Files.temporaryDirectory(prefix: "stand-in-test")
            try Files.createDirectory("\(root)/work")
            try Files.writeAtomically("\(root)/prompt.md", Array(prompt.utf8), durable: false)
            environment = [
                RunnerEnvironment.promptFile: "\(root)/prompt.md", RunnerEnvironment.workspace: "\(root)/work",
                RunnerEnvironment.agentResultFile: "\(root)/result.json", RunnerEnvironment.revise: "\(revise)",
            ]
        }

        func run() -> Int32 { StandInAgent(environment: environment) { _ in }.run() }
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
        #expect(try Place(prompt: "make it nice\n").run() == 3)
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
