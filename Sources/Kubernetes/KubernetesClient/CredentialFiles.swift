// SPDX-License-Identifier: MIT
import Cryptography
import ServiceRuntime
import Synchronization
import SystemCalls

/// Reads the files of a configuration that others replace from time to time: token, authorities, certificate and key.
struct CredentialFiles: Sendable {
    /// How long a file's content is used before the file is looked at again, as client-go does with tokens.
    static let lifetime = Duration.seconds(60)

    /// Reads a file's bytes.
    typealias Reader = @Sendable (String) async throws -> [UInt8]

    /// The machine's files, read away from the cooperative pool.
    static let disk: Reader = { path in
        try await BlockingPool.shared.run { try Files.readBytes(path) }
    }

    /// A certificate and its key, of the same rotation.
    struct Pair: Sendable, Equatable {
        var certificate: String
        var key: String
    }

    /// How reading went, for a metric.
    enum Outcome: String, Sendable {
        case updated, unchanged, empty, readError = "read_error", parseError = "ca_parse_error"
    }

    let read: Reader
    let now: @Sendable () -> ContinuousClock.Instant

    /// A bearer token, without white space around it.
    func token(_ path: String, report: @escaping @Sendable (APIError?) -> Void) -> Refreshed<Secret<String>> {
        refreshed(report: report, isSame: { $0.reveal() == $1.reveal() }) { () async throws(APIError) in
            let text = trimmed(try await self.text(path, "the token"))
            guard !text.isEmpty else { throw Self.problem("the token", path, "it is empty") }
            return Secret(text)
        }
    }

    /// Certificates to trust, each of which can be read.
    ///
    /// - Parameter count: told how each reading but the first went.
    func authorities(
        _ path: String, report: @escaping @Sendable (APIError?) -> Void,
        count: @escaping @Sendable (Outcome) -> Void
    ) -> Refreshed<String> {
        let last = LastText()
        return refreshed(report: report, isSame: { $0 == $1 }) { () async throws(APIError) in
            let text: String
            do throws(APIError) {
                text = try await self.text(path, "the certificate authority")
            } catch {
                count(.readError)
                throw error
            }
            guard !trimmed(text).isEmpty else {
                count(.empty)
                throw Self.problem("the certificate authority", path, "it is empty")
            }
            do {
                try CertificateText.check(text)
            } catch {
                count(.parseError)
                throw Self.problem("the certificate authority", path, "\(error)")
            }
            let before = last.replace(by: text)
            if let before { count(before == text ? .unchanged : .updated) }
            return text
        }
    }

    /// A client certificate and its key. Taken only when they belong together: between the writing of one file and of
    /// the other they do not.
    func pair(
        _ pair: ClusterConfiguration.ClientCertificate, report: @escaping @Sendable (APIError?) -> Void
    ) -> Refreshed<Secret<Pair>> {
        refreshed(report: report, isSame: { $0.reveal() == $1.reveal() }) { () async throws(APIError) in
            let certificate = try await self.text(pair.certificate, "the client certificate")
            let key = try await self.text(pair.key.reveal(), "the client certificate's key")
            do {
                try CertificateText.check(certificate, key: key)
            } catch {
                throw Self.problem("the client certificate", Self.place(pair), "\(error)")
            }
            return Secret(Pair(certificate: certificate, key: key))
        }
    }

    private func refreshed<Value: Sendable>(
        report: @escaping @Sendable (APIError?) -> Void, isSame: @escaping @Sendable (Value, Value) -> Bool,
        load: @escaping @Sendable () async throws(APIError) -> Value
    ) -> Refreshed<Value> {
        Refreshed(now: now, isSame: isSame) { () async throws(APIError) in
            let value: Value
            do throws(APIError) {
                value = try await load()
            } catch {
                report(error)
                throw error
            }
            report(nil)
            return .init(value: value, freshFor: Self.lifetime, validFor: nil)
        }
    }

    private func text(
        _ source: ClusterConfiguration.ClientCertificate.Source, _ what: String
    ) async throws(APIError) -> String {
        switch source {
        case .pem(let text): text
        case .file(let path): try await text(path, what)
        }
    }

    private func text(_ path: String, _ what: String) async throws(APIError) -> String {
        let bytes: [UInt8]
        do {
            bytes = try await read(path)
        } catch {
            throw Self.problem(what, path, "\(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.problem(what, path, "it is not text")
        }
        return text
    }

    /// Not an answer of the server, and nothing was sent.
    private static func problem(_ what: String, _ path: String, _ problem: String) -> APIError {
        APIError(
            reason: .transport, message: "cannot use \(what) from \(path): \(problem)", mayHaveBeenDone: false)
    }

    private static func place(_ pair: ClusterConfiguration.ClientCertificate) -> String {
        switch (pair.certificate, pair.key.reveal()) {
        case (.file(let certificate), .file(let key)): "\(certificate) and \(key)"
        case (.file(let path), .pem), (.pem, .file(let path)): path
        case (.pem, .pem): "the kubeconfig"
        }
    }
}

/// The text that was read before.
private final class LastText: Sendable {
    private let text = Mutex<String?>(nil)

    func replace(by new: String) -> String? {
        text.withLock { text in
            defer { text = new }
            return text
        }
    }
}

/// A text without white space at its ends.
func trimmed(_ text: String) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
}
