// SPDX-License-Identifier: MIT

/// Writes structured lines: a constant message and particulars by key.
///
/// A logger is a value: `with` gives one that carries a key in every line, so that a correlation id is attached once
/// and passed down. Messages are `StaticString` on purpose: what varies belongs into the metadata, where it can be
/// searched, and a secret cannot be interpolated into a message.
package struct Logger: Sendable {
    /// The part of the program that speaks.
    package var label: String
    /// Lines of less weight are dropped before their metadata is made.
    package var level: LogLevel
    private var metadata: [String: String] = [:]
    private let sink: LogSink
    private let clock: WallClock

    /// Makes a logger.
    ///
    /// - Parameters:
    ///   - label: the part of the program.
    ///   - level: the least weight that is written.
    ///   - sink: where lines go; by default JSON lines on standard error.
    ///   - clock: the time in the lines.
    package init(
        label: String, level: LogLevel = .info, sink: LogSink = .standardError(.json), clock: WallClock = .system
    ) {
        self.label = label
        self.level = level
        self.sink = sink
        self.clock = clock
    }

    /// A logger that writes nothing.
    package static let disabled = Logger(label: "disabled", level: .error, sink: .discard)

    /// The value that this logger attaches to every line under `key`.
    package subscript(key: String) -> String? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// A logger that attaches `key` to every line.
    package func with(_ key: String, _ value: String) -> Logger {
        var copy = self
        copy[key] = value
        return copy
    }

    /// A logger for another part of the program, with the same metadata.
    package func labelled(_ label: String) -> Logger {
        var copy = self
        copy.label = label
        return copy
    }

    /// Writes a line for the person who looks for a fault.
    package func debug(_ message: StaticString, _ metadata: @autoclosure () -> [String: String] = [:]) {
        log(.debug, message, metadata())
    }

    /// Writes a line about a step worth seeing.
    package func info(_ message: StaticString, _ metadata: @autoclosure () -> [String: String] = [:]) {
        log(.info, message, metadata())
    }

    /// Writes a line about something that went wrong and was handled.
    package func warning(_ message: StaticString, _ metadata: @autoclosure () -> [String: String] = [:]) {
        log(.warning, message, metadata())
    }

    /// Writes a line about something that a person has to look at.
    package func error(_ message: StaticString, _ metadata: @autoclosure () -> [String: String] = [:]) {
        log(.error, message, metadata())
    }

    /// Writes a line of the given weight; keys of the line win over those of the logger.
    package func log(
        _ level: LogLevel, _ message: StaticString, _ metadata: @autoclosure () -> [String: String] = [:]
    ) {
        guard level >= self.level, sink.isEnabled else { return }
        sink.write(
            LogRecord(
                time: clock.now(), level: level, label: label, message: message.description,
                metadata: self.metadata.merging(metadata()) { _, new in new }))
    }
}
