// SPDX-License-Identifier: MIT
import ServiceRuntime
import Synchronization
import SystemCalls

/// The content of a small file that others replace from time to time: a token, a certificate.
///
/// It is read again after a minute of use. A file that is missing, unreadable or not acceptable keeps the last content
/// in use: in the middle of a rotation that is the better guess, and a server refuses what is no longer good anyway.
final class RefreshedFile: Sendable {
    private struct State {
        var content: Secret<String>?
        var readAt: ContinuousClock.Instant?
    }

    let path: String
    private let accepts: @Sendable (String) -> Bool
    private let read: @Sendable (String) async throws -> [UInt8]
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// How long content is used before the file is looked at again.
    static let lifetime: Duration = .seconds(60)

    init(
        _ path: String, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        read: @escaping @Sendable (String) async throws -> [UInt8] = { path in
            try await BlockingPool.shared.run { try Files.readBytes(path) }
        },
        accepts: @escaping @Sendable (String) -> Bool = { !$0.isEmpty }
    ) {
        self.path = path
        self.now = now
        self.read = read
        self.accepts = accepts
    }

    /// The content, without white space around it; nil when it was never readable.
    func content() async -> Secret<String>? {
        let (known, isFresh) = state.withLock { state in
            (state.content, state.readAt.map { now() - $0 < Self.lifetime } ?? false)
        }
        return isFresh && known != nil ? known : await reload()
    }

    /// Reads the file now.
    func reload() async -> Secret<String>? {
        let bytes = try? await read(path)
        let text = bytes.flatMap { String(validating: $0, as: UTF8.self) }.map(trimmed)
        return state.withLock { state in
            state.readAt = now()
            if let text, accepts(text) { state.content = Secret(text) }
            return state.content
        }
    }
}

/// A text without white space at its ends.
func trimmed(_ text: String) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
}
