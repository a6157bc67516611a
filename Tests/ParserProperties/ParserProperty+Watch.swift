// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import KubernetesClient

extension ParserProperty {
    /// Short enough that inputs of a few kilobytes have lines that are too long.
    private static let longestLine = 512

    /// Events do not depend on how the network cut the stream.
    ///
    /// The input begins with the count of cuts and the lengths of the chunks, which repeat; the rest is the stream.
    func checkWatch(_ input: [UInt8]) throws(PropertyViolation) -> MemoryMeasure {
        let count = Int(input.first ?? 0) % 16
        let lengths = input.dropFirst().prefix(count).map { Int($0) + 1 }
        let stream = Array(input.dropFirst(1 + count))
        let whole = Self.messages(of: [stream])
        var chunks: [[UInt8]] = []
        var position = 0
        while position < stream.count {
            let length = lengths.isEmpty ? stream.count : lengths[chunks.count % lengths.count]
            chunks.append(Array(stream[position..<min(stream.count, position + length)]))
            position += length
        }
        let cut = Self.messages(of: chunks)
        try expect(cut == whole, "in chunks of \(lengths): \(cut)\nat once: \(whole)")
        let single = Self.lines(of: stream.map { [$0] })
        let lines = Self.lines(of: [stream])
        try expect(single == lines, "byte by byte: \(single)\nat once: \(lines)")
        return MemoryMeasure(input)
    }

    /// What a consumer of the stream would see, up to the error that ends it.
    private static func messages(of chunks: [[UInt8]]) -> [String] {
        var framer = LineFramer(maximumLineBytes: longestLine)
        var messages: [String] = []
        do {
            for chunk in chunks {
                framer.append(chunk)
                while let line = try framer.next() {
                    messages.append(try describe(try WatchEvent<DynamicObject>(line: line)))
                    messages.append(try describe(try WatchEvent<ConfigMap>(line: line)))
                }
            }
            messages.append("\(framer.unfinishedBytes) bytes without an end")
        } catch {
            messages.append("\(error)")
        }
        return messages
    }

    /// The same without decoding what the lines say.
    private static func lines(of chunks: [[UInt8]]) -> [String] {
        var framer = LineFramer(maximumLineBytes: longestLine)
        var lines: [String] = []
        do throws(LineFramer.LineTooLong) {
            for chunk in chunks {
                framer.append(chunk)
                while let line = try framer.next() { lines.append(String(decoding: line, as: UTF8.self)) }
            }
            lines.append("\(framer.unfinishedBytes) bytes without an end")
        } catch {
            lines.append("\(error)")
        }
        return lines
    }

    private static func describe<Object: KubernetesObject>(_ event: WatchEvent<Object>) throws -> String {
        switch event {
        case .added(let object): "added \(try object.manifest())"
        case .modified(let object): "modified \(try object.manifest())"
        case .deleted(let object): "deleted \(try object.manifest())"
        default: "\(event)"
        }
    }
}
