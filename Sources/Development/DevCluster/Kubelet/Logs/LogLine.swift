// SPDX-License-Identifier: MIT
import JSONCoding

/// A line of a container's log file in the format of container runtimes: time, stream, whole (`F`) or part (`P`), text.
struct LogLine: Sendable, Equatable {
    /// A line that is longer is kept in parts.
    static let longest = 16 << 10

    let time: Timestamp
    /// The line feed follows; without it the next line continues this one.
    let isWhole: Bool
    let text: ArraySlice<UInt8>

    var bytes: [UInt8] {
        Array("\(time.microDescription) stdout \(isWhole ? "F" : "P") ".utf8) + text + [UInt8(ascii: "\n")]
    }

    init(time: Timestamp, isWhole: Bool, text: ArraySlice<UInt8>) {
        self.time = time
        self.isWhole = isWhole
        self.text = text
    }

    /// Reads a line without its line feed.
    init?(_ line: ArraySlice<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let time = Timestamp(String(decoding: parts[0], as: UTF8.self)) else { return nil }
        self.time = time
        isWhole = parts[2].first == UInt8(ascii: "F")
        text = parts[3]
    }

    /// Cuts output into lines; answers what is left of an unfinished last one.
    static func cut(_ bytes: ArraySlice<UInt8>, time: Timestamp) -> (lines: [LogLine], rest: ArraySlice<UInt8>) {
        var lines: [LogLine] = []
        var rest = bytes
        while true {
            let window = rest.prefix(longest)
            if let end = window.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(LogLine(time: time, isWhole: true, text: rest[rest.startIndex..<end]))
                rest = rest[(end + 1)...]
            } else if window.count == longest {
                lines.append(LogLine(time: time, isWhole: false, text: window))
                rest = rest.dropFirst(longest)
            } else {
                return (lines, rest)
            }
        }
    }
}
