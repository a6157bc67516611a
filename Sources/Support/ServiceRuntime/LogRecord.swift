// SPDX-License-Identifier: MIT
package import JSONCoding

/// How much a log line matters.
package enum LogLevel: String, Sendable, Comparable, CaseIterable {
    /// For the person who looks for a fault; off in normal use.
    case debug
    /// A step that an operator of the system wants to see.
    case info
    /// Something went wrong and was handled.
    case warning
    /// Something went wrong and a person has to look.
    case error

    /// The word in a log line: `debug`, `info`, `warning`, `error`.
    package var name: String { rawValue }

    /// Reads the word of a configuration; nil for any other.
    package init?(name: String) {
        self.init(rawValue: name)
    }

    private var weight: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    /// Orders by weight, `debug` first.
    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.weight < right.weight
    }
}

/// One event to log.
package struct LogRecord: Sendable {
    /// When it happened.
    package var time: Timestamp
    /// Its weight.
    package var level: LogLevel
    /// The part of the program, such as `edge` or `controller.agentrun`.
    package var label: String
    /// A constant text; everything that varies is in ``metadata``.
    package var message: String
    /// The particulars, by dotted key.
    package var metadata: [String: String]
}
