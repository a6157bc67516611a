// SPDX-License-Identifier: MIT
import JSONCoding
import SystemCalls

/// Reads a log file as `kubectl logs` asks for it, piece by piece; an actor because a stream's reader may move.
actor LogReader {
    private let path: String
    private let request: PodLogRequest
    /// Where more comes from; nil when nothing is written any more or nobody wants to follow.
    private let source: ContainerLog?
    private var offset = 0
    private var pending: [UInt8] = []
    private var sent = 0
    private var isStarted = false
    private var lineBegins = true

    init(path: String, request: PodLogRequest, source: ContainerLog?) {
        self.path = path
        self.request = request
        self.source = source
    }

    /// The next piece; nil at the end.
    func next() async -> [UInt8]? {
        if !isStarted {
            isStarted = true
            if let lines = request.tailLines { offset = Self.offset(ofLast: lines, in: path) }
        }
        while true {
            if let limit = request.limitBytes, sent >= limit { return nil }
            let chunk = read()
            if chunk.isEmpty {
                guard let source, await source.waitForMore(after: offset) else { return nil }
                continue
            }
            offset += chunk.count
            var piece = render(chunk)
            if piece.isEmpty { continue }
            if let limit = request.limitBytes { piece = Array(piece.prefix(limit - sent)) }
            sent += piece.count
            return piece
        }
    }

    private func read() -> [UInt8] {
        guard let reader = try? FileReader(path) else { return [] }
        return (try? reader.read(at: offset, upTo: 64 << 10)) ?? []
    }

    private func render(_ chunk: [UInt8]) -> [UInt8] {
        pending += chunk
        var result: [UInt8] = []
        var rest = pending[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if let line = LogLine(rest[rest.startIndex..<end]) { add(line, to: &result) }
            rest = rest[(end + 1)...]
        }
        pending = Array(rest)
        return result
    }

    private func add(_ line: LogLine, to result: inout [UInt8]) {
        defer { lineBegins = line.isWhole }
        if let since = request.sinceTime, line.time < since { return }
        if request.timestamps, lineBegins { result += Array("\(line.time.microDescription) ".utf8) }
        result += line.text
        if line.isWhole { result.append(UInt8(ascii: "\n")) }
    }

    /// Where the last lines begin, found from the end so that a long log is not read whole.
    static func offset(ofLast lines: Int, in path: String) -> Int {
        guard let reader = try? FileReader(path), let size = try? reader.size() else { return 0 }
        if lines <= 0 { return size }
        var found = 0
        var end = size
        while end > 0 {
            let start = max(0, end - (64 << 10))
            guard let block = try? reader.read(at: start, upTo: end - start) else { return 0 }
            for index in block.indices.reversed() where block[index] == UInt8(ascii: "\n") {
                // The line feed at the very end closes the last line, it does not begin another.
                if start + index == size - 1 { continue }
                found += 1
                if found == lines { return start + index + 1 }
            }
            end = start
        }
        return 0
    }

    /// The last whole lines of a log as text, for termination messages.
    static func lastLines(_ count: Int, of path: String) -> [String] {
        let start = offset(ofLast: count, in: path)
        guard let reader = try? FileReader(path), let bytes = try? reader.read(at: start, upTo: 1 << 20) else {
            return []
        }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            LogLine(line).map { String(decoding: $0.text, as: UTF8.self) }
        }
    }
}
