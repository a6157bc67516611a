// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import SystemCalls
import Testing

@testable import DevCluster

@Suite(.timeLimit(.minutes(1)))
struct ContainerLogTests {
    @Test func linesAreCutAndReadBack() {
        let time = Timestamp(microseconds: 1_700_000_000_123_456)
        let (lines, rest) = LogLine.cut(Array("one\n\ntwo words\nrest".utf8)[...], time: time)
        #expect(lines.map { String(decoding: $0.text, as: UTF8.self) } == ["one", "", "two words"])
        #expect(Array(rest) == Array("rest".utf8))
        for line in lines {
            let read = LogLine(line.bytes.dropLast())
            #expect(read?.text.elementsEqual(line.text) == true)
            #expect(read?.time == time)
            #expect(read?.isWhole == true)
        }
    }

    @Test func aLongLineIsKeptInPartsThatJoinAgain() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: LogLine.longest * 2 + 5)
        let (lines, rest) = LogLine.cut(long[...] + [UInt8(ascii: "\n")], time: .now)
        #expect(lines.map(\.isWhole) == [false, false, true])
        #expect(rest.isEmpty)
        #expect(lines.flatMap(\.text) == long)
    }

    struct Case: Sendable {
        let name: String
        let change: @Sendable (inout PodLogRequest) -> Void
        let text: String
    }

    @Test(arguments: [
        Case(name: "all", change: { _ in }, text: "1\n2\n3\n"),
        Case(name: "tail", change: { $0.tailLines = 2 }, text: "2\n3\n"),
        Case(name: "tail of nothing", change: { $0.tailLines = 0 }, text: ""),
        Case(name: "tail of more than there is", change: { $0.tailLines = 9 }, text: "1\n2\n3\n"),
        Case(name: "bytes", change: { $0.limitBytes = 3 }, text: "1\n2"),
        Case(name: "since", change: { $0.sinceTime = Timestamp(microseconds: 2_000_000) }, text: "2\n3\n"),
        Case(
            name: "times",
            change: {
                $0.timestamps = true
                $0.tailLines = 1
            },
            text: "\(Timestamp(microseconds: 3_000_000).microDescription) 3\n"),
    ])
    func readsWhatIsAskedFor(_ example: Case) async throws {
        let folder = try Files.temporaryDirectory(prefix: "log-test")
        defer { try? Files.remove(folder) }
        let log = try ContainerLog("\(folder)/0.log")
        for number in 1...3 {
            log.append([
                LogLine(
                    time: Timestamp(microseconds: Int64(number) * 1_000_000), isWhole: true,
                    text: Array("\(number)".utf8)[...])
            ])
        }
        var request = PodLogRequest(namespace: "n", pod: "p", podUID: "u", container: "c")
        example.change(&request)
        let reader = LogReader(path: log.path, request: request, source: nil)
        var bytes: [UInt8] = []
        while let piece = await reader.next() { bytes += piece }
        #expect(String(decoding: bytes, as: UTF8.self) == example.text, "\(example.name)")
    }

    @Test func tailOfALongLogIsFoundFromItsEnd() async throws {
        let folder = try Files.temporaryDirectory(prefix: "log-test")
        defer { try? Files.remove(folder) }
        let log = try ContainerLog("\(folder)/0.log")
        for number in 0..<5_000 {
            log.append([LogLine(time: .now, isWhole: true, text: Array("line \(number)".utf8)[...])])
        }
        #expect(LogReader.lastLines(3_000, of: log.path).first == "line 2000")
        #expect(LogReader.lastLines(1, of: log.path) == ["line 4999"])
    }

    @Test func followingGoesOnUntilTheContainerEnds() async throws {
        try await NodeFixture.with { node, kubelet in
            let gate = "\(node.folder)/gate"
            let script = "echo first; until [ -e \(gate) ]; do sleep 0.01; done; echo second; printf unfinished"
            try node.create(Make.pod("p", [Make.container("main", script)]), .pod)
            let pod = try await node.waitForPhase("Running", "p")
            var request = PodLogRequest(namespace: "default", pod: "p", podUID: pod.uid, container: "main")
            request.follow = true
            var text = ""
            for await chunk in try await kubelet.stream(request) {
                text += String(decoding: chunk, as: UTF8.self)
                if text == "first\n" { try Files.writeAtomically(gate, [], durable: false) }
            }
            #expect(text == "first\nsecond\nunfinished")
        }
    }

    @Test func whatHasNoLogIsABadRequest() async throws {
        try await NodeFixture.with { node, kubelet in
            let initial: JSONValue = [Make.container("one", "while :; do sleep 0.01; done")]
            try node.create(
                Make.pod("p", [Make.container("main", "true")], spec: ["initContainers": initial]), .pod)
            let pod = try await node.wait(.pod, "p") { $0?.container("one")?.at("state", "running") != nil }
            for (container, previous) in [("main", false), ("none", false), ("one", true)] {
                await #expect(throws: StatusError.self, "\(container)") {
                    try await node.log(kubelet, pod, container) { $0.previous = previous }
                }
            }
        }
    }
}
