// SPDX-License-Identifier: MIT
import SystemCalls

/// What a container leaves for the pod's status (core/v1 Container, `terminationMessagePath`).
enum TerminationMessage {
    /// Bytes of the file that are shown.
    static let fileLimit = 4096
    /// What is taken of a log instead.
    static let logLimit = (bytes: 2048, lines: 80)

    /// The message; nil when there is none.
    static func read(file: String, log: [String], exitCode: Int32, fallsBackToLogs: Bool) -> String? {
        if let reader = try? FileReader(file), let bytes = try? reader.read(at: 0, upTo: fileLimit), !bytes.isEmpty {
            return String(decoding: bytes, as: UTF8.self)
        }
        guard fallsBackToLogs, exitCode != 0 else { return nil }
        return tail(log)
    }

    private static func tail(_ log: [String]) -> String? {
        let text = log.suffix(logLimit.lines).map { $0 + "\n" }.joined()
        if text.isEmpty { return nil }
        return String(decoding: Array(text.utf8).suffix(logLimit.bytes), as: UTF8.self)
    }
}
