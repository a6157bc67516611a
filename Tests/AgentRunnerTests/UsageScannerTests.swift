// SPDX-License-Identifier: MIT
import AgentAPI
import Testing

@testable import AgentRunner

struct UsageScannerTests {
    static func usage(_ input: Int64, _ cached: Int64, _ output: Int64, _ reasoning: Int64)
        -> AgentRunStatus.UsageStatus
    {
        .init(inputTokens: input, cachedInputTokens: cached, outputTokens: output, reasoningTokens: reasoning)
    }

    static func completed(_ type: String = "response.completed", input: Int = 100) -> String {
        """
        {"type":"\(type)","response":{"id":"r","usage":{"input_tokens":\(input),"input_tokens_details":\
        {"cached_tokens":40},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":5}}}}
        """
    }

    static func scan(_ text: String, chunk size: Int) -> [AgentRunStatus.UsageStatus] {
        var scanner = UsageScanner()
        let bytes = Array(text.utf8)
        var found: [AgentRunStatus.UsageStatus] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            found += scanner.take(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        if let last = scanner.finish() { found.append(last) }
        return found
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func usageIsFoundHoweverTheStreamIsCut(ending: String) {
        let lines = [
            ": comment", "", "event: response.output_text.delta", #"data: {"type":"response.output_text.delta"}"#, "",
            "event: response.completed", "data: \(Self.completed())", "",
            "data:\(Self.completed("response.incomplete", input: 7))",
            "", "event: other", "data: \(Self.completed())", "", "id: 4", "",
        ]
        let text = lines.joined(separator: ending) + ending
        let expected = [Self.usage(100, 40, 20, 5), Self.usage(7, 40, 20, 5)]
        for size in 1...text.utf8.count where size < 40 || size % 17 == 0 {
            #expect(Self.scan(text, chunk: size) == expected, "chunks of \(size)")
        }
    }

    @Test func whateverTheModelWroteItsUsageIsCounted() {
        let text = String(repeating: "\u{301}", count: 300)
        let response = #"{"output":[{"text":"\#(text)"}],"usage":{"input_tokens":3}}"#
        #expect(
            Self.scan(#"data: {"type":"response.completed","response":\#(response)}"# + "\n\n", chunk: 100)
                == [Self.usage(3, 0, 0, 0)])
        var reader = UsageReader(contentType: "application/json")
        _ = reader.take(Array(response.utf8))
        #expect(reader.finish() == Self.usage(3, 0, 0, 0))
    }

    @Test func dataInSeveralLinesIsOneText() {
        let text =
            "event: response.completed\ndata: {\"type\":\"response.completed\",\n"
            + "data: \"response\":{\"usage\":{\"input_tokens\":3}}}\n\n"
        #expect(Self.scan(text, chunk: 5) == [Self.usage(3, 0, 0, 0)])
    }

    @Test(arguments: [
        "data: \(completed("response.created"))\n\n", "data: not json\n\n", "data: [1]\n\n",
        "event: response.completed\n\n",
        "data: {\"type\":\"response.completed\",\"response\":{}}\n\n", "data: [DONE]\n\n", completed() + "\n\n",
        // Cut inside its line.
        "data: \(completed())",
    ])
    func whatIsNoFinishedAnswerHasNoUsage(text: String) {
        #expect(Self.scan(text, chunk: 9).isEmpty)
    }

    @Test func aLastEventWithoutABlankLineCounts() {
        #expect(Self.scan("data: \(Self.completed())\n", chunk: 64) == [Self.usage(100, 40, 20, 5)])
    }

    @Test func aHugeEventIsPassedOverAndTheNextIsRead() {
        var scanner = UsageScanner(limit: 300)
        _ = scanner.take(Array("event: response.completed\ndata: \"".utf8))
        let part = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
        for _ in 0..<9 { #expect(scanner.take(part).isEmpty) }
        let found = scanner.take(Array("\"\n\ndata: \(Self.completed())\n\n".utf8))
        #expect(found == [Self.usage(100, 40, 20, 5)])
        #expect(scanner.missed == 1)
    }

    @Test func numbersStayWithinBounds() {
        let text =
            #"data: {"type":"response.completed","response":{"usage":"#
            + #"{"input_tokens":9223372036854775807,"output_tokens":-4}}}"#
        #expect(Self.scan(text + "\n\n", chunk: 1000) == [Self.usage(1 << 40, 0, 0, 0)])
    }

    @Test func randomBytesDoNoHarm() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("data: event\r\n{}\"responsecompleted.:".utf8)
        for _ in 0..<200 {
            let noise = (0..<200).map { _ in alphabet.randomElement(using: &generator)! }
            var whole = UsageScanner()
            var pieces = UsageScanner()
            var found = whole.take(noise)
            if let last = whole.finish() { found.append(last) }
            var again = noise.flatMap { pieces.take([$0]) }
            if let last = pieces.finish() { again.append(last) }
            #expect(found == again)
        }
    }

    @Test func anAnswerInOnePieceIsRead() {
        let document = Array(#"{"object":"response","usage":{"input_tokens":9,"output_tokens":1}}"#.utf8)
        var reader = UsageReader(contentType: "application/json; charset=utf-8")
        #expect(reader.take(Array(document.prefix(10))).isEmpty)
        #expect(reader.take(Array(document.dropFirst(10))).isEmpty)
        #expect(reader.finish() == Self.usage(9, 0, 1, 0))
        var other = UsageReader(contentType: "text/plain")
        #expect(other.take(document).isEmpty)
        #expect(other.finish() == nil)
    }
}
