// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// Finds the tokens used in an answer of the Responses API that is streamed as server-sent events, without holding more
/// of it than one event.
///
/// The text format is WHATWG HTML §9.2: lines end by CR, LF or both, `data` lines of one event are joined, a blank
/// line ends an event. Usage stands in the event that ends the answer.
struct UsageScanner {
    /// The most bytes of one event that are kept; a larger one is passed over.
    static let longestEvent = 8 << 20
    /// Events that carry the finished answer.
    private static let types: Set<String> = ["response.completed", "response.incomplete", "response.failed"]

    /// Events that ended an answer but were too long to be read.
    private(set) var missed = 0
    private let limit: Int
    private var line: [UInt8] = []
    private var lineIsTooLong = false
    private var endedByReturn = false
    private var type = ""
    private var data: [UInt8] = []
    private var eventIsTooLong = false

    /// - Parameter limit: the most bytes of one event that are kept.
    init(limit: Int = UsageScanner.longestEvent) { self.limit = limit }

    /// Takes a chunk and tells the usage in the events that it ended.
    mutating func take(_ chunk: [UInt8]) -> [AgentRunStatus.UsageStatus] {
        var found: [AgentRunStatus.UsageStatus] = []
        var start = 0
        for (index, byte) in chunk.enumerated() where byte == 0x0A || byte == 0x0D {
            let isSecondOfPair = byte == 0x0A && endedByReturn && index == start
            endedByReturn = byte == 0x0D
            if !isSecondOfPair {
                append(chunk[start..<index])
                if let usage = endLine() { found.append(usage) }
            }
            start = index + 1
        }
        if start < chunk.count {
            endedByReturn = false
            append(chunk[start...])
        }
        return found
    }

    /// Reads what ends without a blank line; an event that was cut inside a line is none.
    mutating func finish() -> AgentRunStatus.UsageStatus? {
        line = []
        return endEvent()
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        if line.count + bytes.count > limit { lineIsTooLong = true }
        if lineIsTooLong { line = Array(line.prefix(64)) } else { line += bytes }
    }

    private mutating func endLine() -> AgentRunStatus.UsageStatus? {
        defer {
            line = []
            lineIsTooLong = false
        }
        if line.isEmpty { return endEvent() }
        if let value = value(of: "event") {
            type = String(decoding: value, as: UTF8.self)
        } else if let value = value(of: "data"), type.isEmpty || Self.types.contains(type) {
            if lineIsTooLong || data.count + value.count > limit {
                eventIsTooLong = true
                data = []
            } else {
                if !data.isEmpty { data.append(0x0A) }
                data += value
            }
        }
        return nil
    }

    /// The value of a line of this field, without the one space that may follow the colon.
    private func value(of field: String) -> ArraySlice<UInt8>? {
        let name = Array(field.utf8) + [UInt8(ascii: ":")]
        guard line.starts(with: name) else { return nil }
        let value = line.dropFirst(name.count)
        return value.first == UInt8(ascii: " ") ? value.dropFirst() : value
    }

    private mutating func endEvent() -> AgentRunStatus.UsageStatus? {
        defer {
            type = ""
            data = []
            eventIsTooLong = false
        }
        if eventIsTooLong {
            if Self.types.contains(type) { missed += 1 }
            return nil
        }
        guard !data.isEmpty, let json = try? JSONValue.parse(data, limits: AgentRunStatus.UsageStatus.limits),
            Self.types.contains(json["type"]?.stringValue ?? type)
        else { return nil }
        return AgentRunStatus.UsageStatus(response: json["response"])
    }
}

extension AgentRunStatus.UsageStatus {
    /// What is read of an answer: no text that the model wrote can get in the way.
    fileprivate static let limits = JSONLimits(members: [
        "type", "response", "usage", "input_tokens", "input_tokens_details", "cached_tokens", "output_tokens",
        "output_tokens_details", "reasoning_tokens",
    ])

    /// The `usage` of a response object; nil where it has none.
    init?(response: JSONValue?) {
        guard let usage = response?["usage"], usage.objectValue != nil else { return nil }
        func count(_ path: [String]) -> Int64 {
            // Whatever the provider says, sums of it must stay numbers.
            max(0, min(usage.at(path)?.integerValue ?? 0, 1 << 40))
        }
        self.init(
            inputTokens: count(["input_tokens"]),
            cachedInputTokens: count(["input_tokens_details", "cached_tokens"]),
            outputTokens: count(["output_tokens"]),
            reasoningTokens: count(["output_tokens_details", "reasoning_tokens"]))
    }
}

/// Reads the usage of one answer, streamed or not, while it passes.
struct UsageReader {
    /// The most bytes of an answer in one piece that are kept to be read.
    static let longestDocument = 8 << 20

    private enum Kind {
        case events(UsageScanner)
        case document([UInt8])
        case nothing
    }

    private var kind: Kind

    /// True when an answer ended in an event that was too long to be read, so that its usage is unknown.
    var hasMissed: Bool { if case .events(let scanner) = kind { scanner.missed > 0 } else { false } }

    /// - Parameter contentType: of the answer; what is neither JSON nor events has no usage.
    init(contentType: String?) {
        let type = contentType?.prefix { $0 != ";" && $0 != " " }.lowercased()
        kind =
            switch type {
            case "text/event-stream": .events(UsageScanner())
            case "application/json": .document([])
            default: .nothing
            }
    }

    /// Takes a chunk and tells the usage that became known by it.
    mutating func take(_ chunk: [UInt8]) -> [AgentRunStatus.UsageStatus] {
        switch kind {
        case .events(var scanner):
            kind = .nothing
            let found = scanner.take(chunk)
            kind = .events(scanner)
            return found
        case .document(var bytes):
            kind = .nothing
            if bytes.count + chunk.count <= Self.longestDocument {
                bytes += chunk
                kind = .document(bytes)
            }
            return []
        case .nothing: return []
        }
    }

    /// The usage that is known only at the end.
    mutating func finish() -> AgentRunStatus.UsageStatus? {
        switch kind {
        case .events(var scanner): return scanner.finish()
        case .document(let bytes):
            let json = try? JSONValue.parse(bytes, limits: AgentRunStatus.UsageStatus.limits)
            return AgentRunStatus.UsageStatus(response: json)
        case .nothing: return nil
        }
    }
}
