// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import ServiceRuntime

@Suite struct LoggerTests {
    // Log lines have milliseconds; what is finer is cut off, so that no line is from the future.
    private let moment = Timestamp(microseconds: 1_795_381_200_125_999)

    private func logger(_ memory: LogMemory, level: LogLevel = .debug) -> Logger {
        Logger(label: "edge", level: level, sink: memory.sink, clock: .fixed(moment))
    }

    @Test func metadataIsAttachedOnceAndTheLineWins() {
        let memory = LogMemory()
        let logger = logger(memory).with("run", "a").with("phase", "old")
        logger.info("created", ["phase": "new"])
        #expect(memory.records.map(\.metadata) == [["run": "a", "phase": "new"]])
        #expect(logger["run"] == "a")
    }

    @Test func linesBelowTheLevelCostNothing() {
        let memory = LogMemory()
        func expensive() -> [String: String] {
            Issue.record("made metadata for a line that is not written")
            return [:]
        }
        logger(memory, level: .warning).info("quiet", expensive())
        Logger(label: "x", level: .debug, sink: .discard).error("quiet", expensive())
        logger(memory, level: .warning).warning("loud")
        #expect(memory.records.map(\.message) == ["loud"])
    }

    @Test func aJSONLineIsOneObjectWithFixedKeysFirst() throws {
        let record = LogRecord(
            time: moment, level: .warning, label: "edge", message: "refused",
            metadata: ["b": "line\nfeed \"quoted\" \u{1B}[31m ü", "a": "1"])
        let line = String(decoding: LogFormat.json.line(record), as: UTF8.self)
        #expect(
            line.hasPrefix(
                #"{"time":"2026-11-22T21:00:00.125Z","level":"warning","logger":"edge","message":"refused","a":"1","#))
        #expect(line.hasSuffix("}\n") && line.utf8.count { $0 == 0x0A } == 1)
        let parsed = try JSONValue.parse(line)
        #expect(parsed["b"]?.stringValue == "line\nfeed \"quoted\" \u{1B}[31m ü")
    }

    @Test(arguments: [
        ("plain", "plain"), ("two words", "\"two words\""), ("", "\"\""), ("a=b", "\"a=b\""),
        ("x\ninfo forged", "\"x\\ninfo forged\""), ("\u{1B}[2J", "\"\\u001b[2J\""), ("\u{9B}2J", "\"\\u009b2J\""),
    ])
    func aTextLineQuotesWhatCouldBeMistaken(value: String, expected: String) {
        let record = LogRecord(time: moment, level: .info, label: "l", message: "m", metadata: ["k": value])
        let line = String(decoding: LogFormat.text.line(record), as: UTF8.self)
        #expect(line == "2026-11-22T21:00:00.125Z INFO l: m k=\(expected)\n")
    }

    @Test func metadataCannotReplaceAFixedKey() throws {
        let record = LogRecord(time: moment, level: .info, label: "l", message: "m", metadata: ["message": "x"])
        let parsed = try JSONValue.parse(LogFormat.json.line(record))
        #expect(parsed["message"] == "m" && parsed["metadata.message"] == "x")
    }

    @Test func levelsReadTheirNames() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
        #expect(LogLevel.allCases.map { LogLevel(name: $0.name) } == LogLevel.allCases)
        #expect(LogLevel(name: "loud") == nil)
    }
}
