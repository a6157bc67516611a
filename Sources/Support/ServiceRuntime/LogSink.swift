// SPDX-License-Identifier: MIT
import Synchronization
import SystemCalls

/// Where log records go.
package struct LogSink: Sendable {
    /// False for a sink that drops everything, so that nothing is made for it.
    let isEnabled: Bool
    /// Takes one record; called from any thread.
    let write: @Sendable (LogRecord) -> Void

    /// Makes a sink that hands each record to `write`, which may be called from any thread at any time.
    package init(write: @escaping @Sendable (LogRecord) -> Void) {
        self.init(isEnabled: true, write: write)
    }

    private init(isEnabled: Bool, write: @escaping @Sendable (LogRecord) -> Void) {
        self.isEnabled = isEnabled
        self.write = write
    }

    /// Drops every record.
    package static let discard = LogSink(isEnabled: false) { _ in }

    /// Writes one line a record to standard error, each in one system call, so that lines of several threads do not
    /// mix.
    package static func standardError(_ format: LogFormat) -> LogSink {
        LogSink { StandardStreams.writeError(format.line($0)) }
    }
}

/// Keeps records in memory, for tests.
package final class LogMemory: Sendable {
    private let storage = Mutex<[LogRecord]>([])

    /// Makes an empty memory.
    package init() {}

    /// A sink that keeps what it is given.
    package var sink: LogSink {
        LogSink { record in self.storage.withLock { $0.append(record) } }
    }

    /// What was logged, in order.
    package var records: [LogRecord] {
        storage.withLock { $0 }
    }
}
