// SPDX-License-Identifier: MIT
import HTTPTransport
import ServiceRuntime

/// The token and the TLS settings of a configuration, kept up to date with the files that they come from.
final class Credentials: Sendable {
    private let configuration: ClusterConfiguration
    private let tokenFile: RefreshedFile?
    private let authorityFile: RefreshedFile?
    private let certificateFile: RefreshedFile?
    private let keyFile: RefreshedFile?

    init(_ configuration: ClusterConfiguration) {
        self.configuration = configuration
        tokenFile = if case .file(let path)? = configuration.token { RefreshedFile(path) } else { nil }
        authorityFile = configuration.certificateAuthorityFile.map(Self.certificateFile)
        certificateFile = Self.file(configuration.clientCertificate?.certificate).map(Self.certificateFile)
        keyFile = Self.file(configuration.clientCertificate?.key.reveal()).map(Self.certificateFile)
    }

    private static func file(_ source: ClusterConfiguration.ClientCertificate.Source?) -> String? {
        if case .file(let path)? = source { path } else { nil }
    }

    /// Half a file, as seen while it is written, is not taken.
    private static func certificateFile(_ path: String) -> RefreshedFile {
        RefreshedFile(path, accepts: { $0.contains("-----BEGIN ") && $0.hasSuffix("-----") })
    }

    /// The bearer token to send; nil when there is none.
    func token() async throws(APIError) -> Secret<String>? {
        switch configuration.token {
        case nil: return nil
        case .value(let token): return token
        case .file(let path):
            guard let token = await tokenFile?.content() else { throw Self.unreadable(path, "the token") }
            return token
        }
    }

    /// To be called when the server refused a token: reads its file at once.
    /// Returns whether there is another token now, so that another try makes sense.
    func renewToken(refused: Secret<String>?) async -> Bool {
        guard let tokenFile, let token = await tokenFile.reload() else { return false }
        return token.reveal() != refused?.reveal()
    }

    /// What to present and whom to trust; nil for plain HTTP.
    func tls() async throws(APIError) -> TLSOptions? {
        guard configuration.server.hasPrefix("https://") else { return nil }
        var options = TLSOptions()
        options.verify = configuration.verifiesServer
        options.serverName = configuration.serverName
        options.caPEM = configuration.certificateAuthorityPEM
        if let authorityFile {
            options.caPEM = try await Self.read(authorityFile, "the certificate authority").reveal()
        }
        if let pair = configuration.clientCertificate {
            options.clientCertificatePEM = try await Self.read(pair.certificate, certificateFile, "the certificate")
            options.clientKeyPEM = try await Self.read(pair.key.reveal(), keyFile, "the certificate's key")
        }
        return options
    }

    private static func read(
        _ source: ClusterConfiguration.ClientCertificate.Source, _ file: RefreshedFile?, _ what: String
    ) async throws(APIError) -> String {
        if case .pem(let text) = source { return text }
        guard let file else { return "" }
        return try await read(file, what).reveal()
    }

    private static func read(_ file: RefreshedFile, _ what: String) async throws(APIError) -> Secret<String> {
        guard let content = await file.content() else { throw unreadable(file.path, what) }
        return content
    }

    private static func unreadable(_ path: String, _ what: String) -> APIError {
        APIError(reason: .transport, message: "cannot read \(what) from \(path); check the file and its permissions")
    }
}
