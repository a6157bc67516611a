// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1)))
struct ProgressTests {
    @Test func linesComeOutTheSameHoweverTheyWereCut() {
        let text = Array("one\n\ntwo and more\nvery long line\nend".utf8)
        let expected: [BoundedLines.Item] = [
            .line(Array("one".utf8)), .line([]), .line(Array("two and more".utf8)), .tooLong(14),
            .line(Array("end".utf8)),
        ]
        for size in 1...text.count {
            var lines = BoundedLines(limit: 12)
            var items: [BoundedLines.Item] = []
            for start in stride(from: 0, to: text.count, by: size) {
                items += lines.take(text[start..<min(start + size, text.count)])
            }
            if let last = lines.finish() { items.append(last) }
            #expect(items == expected, "chunks of \(size)")
            #expect(lines.finish() == nil)
        }
    }

    @Test(arguments: [
        (#"{"type":"session","id":"s-1","resumed":true}"#, AgentProgress.Entry.session(id: "s-1", resumed: true)),
        (#"{"type":"session","id":"../etc"}"#, nil),
        (#"{"type":"status","text":"a\nb"}"#, .status("a b")),
        (
            #"{"type":"waiting","state":"WaitingMCP","reason":"approval","until":5}"#,
            .waiting(.init(state: "WaitingMCP", reason: "approval", until: 5))
        ),
        (#"{"type":"waiting","state":"WaitingForGodot"}"#, nil), (#"{"type":"working"}"#, .working),
        (#"{"type":"news"}"#, nil), ("[]", nil),
    ])
    func entriesAreRead(line: String, entry: AgentProgress.Entry?) throws {
        #expect(AgentProgress.Entry(try JSONValue.parse(line)) == entry)
    }

    @Test func aTailTellsWhatWasAddedOnceItIsWhole() throws {
        let folder = try Files.temporaryDirectory(prefix: "tail-test")
        defer { try? Files.remove(folder) }
        let path = "\(folder)/progress"
        var tail = ProgressTail(path: path)
        #expect(tail.next().isEmpty)
        let file = try AppendFile(path)
        try file.append(Array("one\ntw".utf8))
        #expect(tail.next() == [Array("one".utf8)])
        #expect(tail.next().isEmpty)
        try file.append(Array("o\n\(String(repeating: "x", count: ProgressTail.longestLine + 1))\nthree\n".utf8))
        #expect(tail.next() == [Array("two".utf8), Array("three".utf8)])
        try Files.overwrite(path, Array("new\n".utf8))
        #expect(tail.next() == [Array("new".utf8)])
        try Files.remove(path)
        try Files.linkSymbolically(path, to: "/etc/passwd")
        #expect(tail.next().isEmpty)
    }

    @Test func theLastLookSeesAllThatIsThere() throws {
        let folder = try Files.temporaryDirectory(prefix: "tail-test")
        defer { try? Files.remove(folder) }
        let path = "\(folder)/progress"
        let noise = String(repeating: "x", count: ProgressTail.partSize * 2)
        try Files.overwrite(path, Array("one\n\(noise)\ntwo\nhalf".utf8))
        var tail = ProgressTail(path: path)
        var lines: [String] = []
        for _ in 1...2 { tail.finish { lines.append(String(decoding: $0, as: UTF8.self)) } }
        #expect(lines == ["one", "two"])
        try Files.remove(path)
        tail.finish { _ in Issue.record("there is no file") }
    }

    @Test func reportsComeWhenSomethingChangedAndAsSignsOfLife() {
        let start = ContinuousClock.now
        var schedule = ReportSchedule()
        let first = ProgressReport(line: "a")
        let second = ProgressReport(line: "b")
        let table: [(seconds: Int, report: ProgressReport, sends: Bool)] = [
            (0, first, true), (1, second, false), (5, second, true), (11, second, false), (34, second, false),
            (35, second, true), (39, first, false), (40, first, true),
        ]
        for row in table {
            let answer = schedule.sends(row.report, now: start + .seconds(row.seconds))
            #expect(answer == row.sends, "at \(row.seconds) s")
        }
    }

    /// A broker that counts nothing and keeps what it is told.
    final class Listener: Sendable {
        let reports = Mutex<[JSONValue]>([])

        func answer(_ request: ServerRequest) -> ServerResponse {
            switch (request.method, request.path) {
            case (.get, "/n/usage"):
                let usage = BrokerUsage(
                    totals: .init(inputTokens: 7), waiting: .init(state: "WaitingRateLimit", reason: "limit", until: 9))
                return (try? .json(usage.json())) ?? .empty(.internalServerError)
            case (.post, "/n/run/progress"):
                if let json = try? JSONValue.parse(request.body) { reports.withLock { $0.append(json) } }
                return .empty(.noContent)
            default: return .empty(.notFound)
            }
        }
    }

    @Test func whatTheAgentSaysIsReportedWithWhatTheBrokerCounted() async throws {
        let pod = try RunPod(upstream: "http://127.0.0.1:1/x.git")
        let configuration = try pod.configuration(agent: "true")
        let listener = Listener()
        let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { listener.answer($0) }
        let serving = Task { try await server.run() }
        let port = try await server.waitUntilListening()
        try Files.writeAtomically(
            configuration.progressFile,
            Array(#"{"type":"session","id":"s-1","resumed":true}"#.utf8)
                + Array("\n{\"type\":\"status\",\"text\":\"reads\"}\n".utf8),
            durable: false)
        let client = TestClient()
        let progress = AgentProgress()
        let reporter = ProgressReporter(
            configuration: configuration, broker: "http://127.0.0.1:\(port)/n", progress: progress,
            client: client.client, logger: .disabled, interval: .milliseconds(5))
        let reporting = Task { await reporter.run() }
        try await eventually { !listener.reports.withLock { $0.isEmpty } }
        try AppendFile(configuration.progressFile).append(Array("{\"type\":\"status\",\"text\":\"writes\"}\n".utf8))
        reporting.cancel()
        await reporting.value
        serving.cancel()
        _ = await serving.result
        let report = try #require(listener.reports.withLock { $0.first }).decode(ProgressReport.self)
        #expect(report.sessionID == "s-1")
        #expect(report.sessionResumed == true)
        #expect(report.line == "reads")
        #expect(report.usage?.inputTokens == 7)
        #expect(report.waiting == .init(state: "WaitingRateLimit", reason: "limit", until: 9))
        // Written between the last look and the end.
        #expect(progress.state.line == "writes")
    }
}
