// SPDX-License-Identifier: MIT
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct PushDecisionTests {
    static let zero = String(repeating: "0", count: 40)
    static let one = String(repeating: "1", count: 40)
    static let two = String(repeating: "2", count: 40)

    static func body(_ commands: [String], capabilities: String = "report-status side-band-64k agent=git/2") -> [UInt8]
    {
        var body: [UInt8] = []
        for (index, command) in commands.enumerated() {
            body += PktLine.line(Array((index == 0 ? "\(command)\0 \(capabilities)\n" : "\(command)\n").utf8))
        }
        return body + PktLine.flush + Array("PACK…".utf8)
    }

    @Test func readsCommandsAndCapabilities() throws {
        let request = try ReceivePackRequest(
            Self.body(["\(Self.one) \(Self.two) refs/heads/a", "\(Self.zero) \(Self.one) refs/tags/b"]))
        #expect(request.commands.map(\.reference) == ["refs/heads/a", "refs/tags/b"])
        #expect(request.commands.map(\.isDeletion) == [false, false])
        #expect(request.capabilities == ["report-status", "side-band-64k", "agent=git/2"])
        #expect(try ReceivePackRequest(PktLine.flush).commands.isEmpty)
    }

    @Test(arguments: ["", "00", "zzzz", "0005", "0001", "fff0", "000ahello\n"])
    func refusesWhatIsNoRequest(text: String) {
        #expect(throws: ReceivePackRequest.Failure.self) { try ReceivePackRequest(Array(text.utf8)) }
    }

    @Test func refusesSignedPushes() {
        #expect(throws: ReceivePackRequest.Failure.signedPush) {
            try ReceivePackRequest(Self.body(["push-cert"]))
        }
    }

    @Test func refusesMoreThanAPushHas() throws {
        let command = "\(Self.zero) \(Self.one) refs/heads/a"
        let most = Array(repeating: command, count: ReceivePackRequest.commandLimit)
        #expect(try ReceivePackRequest(Self.body(most)).commands.count == most.count)
        #expect(throws: ReceivePackRequest.Failure.tooManyCommands) {
            try ReceivePackRequest(Self.body(most + [command]))
        }
    }

    @Test func aDiscussionPushesNothing() throws {
        let request = try ReceivePackRequest(Self.body(["\(Self.zero) \(Self.one) refs/heads/codex/issue-1"]))
        let verdict = PushPolicy(branch: "codex/issue-1", isDiscussion: true).judge(request)
        #expect(verdict == .refused("this run is a discussion: it pushes nothing"))
    }

    @Test(arguments: [
        (["\(zero) \(one) refs/heads/codex/issue-1"], true),
        (["\(one) \(two) refs/heads/codex/issue-1"], true),
        (["\(one) \(zero) refs/heads/codex/issue-1"], false),
        (["\(one) \(two) refs/heads/main"], false),
        (["\(one) \(two) refs/heads/codex/issue-10"], false),
        (["\(one) \(two) refs/tags/codex/issue-1"], false),
        (["\(one) \(two) refs/heads/codex/issue-1", "\(one) \(two) refs/heads/main"], false),
        (["\(one) \(two) refs/heads/codex/issue-1", "\(one) \(two) refs/heads/codex/issue-1"], false),
        ([], true),
    ])
    func onlyTheRunsBranch(commands: [String], isAllowed: Bool) throws {
        let request = try ReceivePackRequest(Self.body(commands))
        let verdict = PushPolicy(branch: "codex/issue-1").judge(request)
        #expect((verdict == .allowed) == isAllowed)
    }

    /// Unicode takes the sign for Kelvin and the letter for the same; git does not.
    @Test func aBranchIsComparedByItsBytes() throws {
        let request = try ReceivePackRequest(Self.body(["\(Self.zero) \(Self.one) refs/heads/codex/\u{212A}"]))
        #expect(PushPolicy(branch: "codex/K").judge(request) == .refused("this run may push refs/heads/codex/K alone"))
    }

    @Test func aPushTakesNoOptions() throws {
        let request = try ReceivePackRequest(
            Self.body(["\(Self.zero) \(Self.one) refs/heads/codex/issue-1"], capabilities: "report-status push-options"))
        #expect(PushPolicy(branch: "codex/issue-1").judge(request) == .refused("a run pushes without options"))
    }

    @Test func reportIsWrappedInTheBandThatTheClientReads() throws {
        let commands = ["\(Self.one) \(Self.two) refs/heads/main"]
        let report = "000eunpack ok\n001fng refs/heads/main because\n0000"
        let plain = try ReceivePackRequest(Self.body(commands, capabilities: "report-status"))
        #expect(ReceivePackReport.refusal("because", of: plain) == Array(report.utf8))
        let banded = try ReceivePackRequest(Self.body(commands))
        let wrapped = PktLine.line([1] + Array(report.utf8)) + PktLine.flush
        #expect(ReceivePackReport.refusal("because", of: banded) == wrapped)
        let mute = try ReceivePackRequest(Self.body(commands, capabilities: "agent=x"))
        #expect(ReceivePackReport.refusal("because", of: mute) == nil)
    }

    @Test(arguments: [
        ("To x\n*\tHEAD:refs/heads/a\t[new branch]\nDone\n", PushReport.accepted),
        ("To x\n \tHEAD:refs/heads/a\t1..2\nDone\n", .accepted),
        ("To x\n=\tHEAD:refs/heads/a\t[up to date]\nDone\n", .accepted),
        ("To x\n!\tHEAD:refs/heads/a\t[rejected] (fetch first)\nDone\n", .moved("fetch first")),
        ("To x\n!\tHEAD:refs/heads/a\t[rejected] (non-fast-forward)\n", .moved("non-fast-forward")),
        ("!\tHEAD:refs/heads/a\t[remote rejected] (failed to update ref)\n", .moved("failed to update ref")),
        ("!\tHEAD:refs/heads/a\t[remote rejected] (not allowed)\n", .refused("not allowed")),
        ("fatal: unable to access\n", .unknown),
    ])
    func readsWhatPushSays(output: String, report: PushReport) { #expect(PushReport(output) == report) }

    @Test(arguments: [
        ("fatal: unable to access 'x': The requested URL returned error: 503", true),
        ("fatal: unable to access 'x': Failed to connect to 127.0.0.1 port 1: Connection refused", true),
        ("fatal: the remote end hung up unexpectedly", true),
        ("remote: the upstream refused the run's credential\nfatal: The requested URL returned error: 502", false),
        (
            "error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413\n"
                + "fatal: the remote end hung up unexpectedly", false
        ),
        ("fatal: repository 'x' not found", false), ("! [rejected] a -> a (fetch first)", false), ("", false),
    ])
    func onlyWhatTimeHealsIsTriedAgain(errors: String, isPassing: Bool) {
        #expect(RemoteFailure.isPassing(errors) == isPassing)
    }

    @Test func theRemotesWordsAreFound() {
        let messages = """
            POST git-receive-pack (310 bytes)
            remote: error: GH013: Repository rule violations found.
            remote:\u{20}
            remote: - Changes must be made through a pull request.
            error: failed to push some refs
            """
        #expect(
            PushReport.words(ofRemote: messages)
                == "error: GH013: Repository rule violations found. - Changes must be made through a pull request.")
        #expect(PushReport.words(ofRemote: "error: failed to push some refs") == "")
    }

    @Test func brokerAddressesAreHidden() {
        let text = "fatal: unable to access 'http://127.0.0.1:4711/abc/repository.git/': no"
        #expect(BrokerURL.hide(in: text) == "fatal: unable to access '‹broker›': no")
        #expect(BrokerURL.hide(in: "plain") == "plain")
    }

    @Test func commitMessageEndsWithTheReference() {
        let message = CommitMessage(
            subject: String(repeating: "a", count: 100) + "\nmore", runUID: "u", reference: "Closes #4")
        let lines = message.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].count == 72)
        #expect(lines.dropFirst() == ["", "Codex-K8s-Run: u", "Closes #4", ""])
    }
}
