// SPDX-License-Identifier: MIT
import JSONCoding
import Synchronization
import SystemCalls

/// The agent's end of the progress file: appends lines, up to a bound, and never fails the agent.
final class ProgressFile: Sendable {
    /// The most bytes that are written: a run of days with a line a second stays below.
    static let limit = 32 << 20

    private let file: AppendFile?
    private let written = Mutex(0)

    /// - Parameter path: nil where the agent was started by hand, without a runner.
    init(path: String?) { file = path.flatMap { try? AppendFile($0) } }

    /// Adds one line.
    func append(_ entry: JSONValue) {
        let line = entry.encoded() + [UInt8(ascii: "\n")]
        let isWithin = written.withLock { written in
            written += line.count
            return written <= Self.limit
        }
        // Nobody but the runner reads it, and what it misses are words about the work, not the work.
        if isWithin { try? file?.append(line) }
    }
}
