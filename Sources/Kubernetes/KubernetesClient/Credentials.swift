// SPDX-License-Identifier: MIT
import Cryptography
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization

/// What a configuration's requests are sent with, kept up to date with the files and the program that it comes from.
final class Credentials: Sendable {
    /// What one request is sent with.
    struct Identity: Sendable {
        /// Authorization and impersonation.
        var headers: HTTPHeaders
        /// What to present and whom to trust; nil for plain HTTP.
        var tls: TLSOptions?
        /// Which version of each source it was made of; zero for what is not used.
        fileprivate var versions = Versions()
    }

    /// Why a request failed for its identity.
    enum Refusal {
        /// The server does not know who we are (401).
        case unauthorized
        /// One side's certificate was refused.
        case untrusted
    }

    fileprivate struct Versions: Equatable, Sendable {
        var token = 0
        var authority = 0
        var pair = 0
        var exec = 0

        func isAhead(of other: Versions) -> Bool {
            token >= other.token && authority >= other.authority && pair >= other.pair && exec >= other.exec
        }
    }

    /// How long connections made with a replaced certificate or authority may go on: watches on them end by then.
    static let retirement = Duration.seconds(240)

    private let configuration: ClusterConfiguration
    private let token: Refreshed<Secret<String>>?
    private let authority: Refreshed<String>?
    private let pair: Refreshed<Secret<CredentialFiles.Pair>>?
    private let exec: Refreshed<ExecCredential>?
    private let retirement: Duration
    private let retire: @Sendable (TLSOptions, Duration) -> Void
    /// What was made last.
    private let last = Mutex<Identity?>(nil)

    /// Nothing is read before the first request.
    ///
    /// - Parameters:
    ///   - retirement: how long replaced connections may go on.
    ///   - retire: told when connections with these options are to end after a while.
    init(
        _ configuration: ClusterConfiguration, metrics: MetricsRegistry, logger: Logger,
        read: @escaping CredentialFiles.Reader = CredentialFiles.disk,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, retirement: Duration = Credentials.retirement,
        retire: @escaping @Sendable (TLSOptions, Duration) -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.retirement = retirement
        self.retire = retire
        let files = CredentialFiles(read: read, now: now)
        let metrics = CredentialMetrics(metrics)
        let report = { @Sendable (error: APIError?) in
            guard let error else { return }
            logger.warning("credentials could not be renewed", ["error": error.message])
        }
        token =
            if case .file(let path, _)? = configuration.token { files.token(path, report: report) } else { nil }
        authority = configuration.certificateAuthorityFile.map { path in
            files.authorities(path, report: report, count: metrics.countAuthorityReload)
        }
        pair = configuration.clientCertificate.map { files.pair($0, report: report) }
        // Asked for nothing that is given already.
        let plugin = configuration.token == nil && configuration.basic == nil ? configuration.exec : nil
        exec = plugin.map { plugin in
            Refreshed(renewalInterval: .seconds(10), now: now, isSame: { _, _ in false }) {
                () async throws(APIError) in
                let credential: ExecCredential
                do throws(APIError) {
                    let cluster = try await Self.description(of: configuration, for: plugin, read: read)
                    credential = try await plugin.credential(cluster: cluster, count: metrics.countPluginCall)
                } catch {
                    report(error)
                    throw error
                }
                let times = credential.times(now: .now)
                return .init(value: credential, freshFor: times.freshFor, validFor: times.validFor)
            }
        }
    }

    /// What to send the next request with.
    func current() async throws(APIError) -> Identity {
        var versions = Versions()
        let token = try await currentToken()
        versions.token = token?.number ?? 0
        let authority = try await authority?.current()
        versions.authority = authority?.number ?? 0
        let pair = try await pair?.current()
        versions.pair = pair?.number ?? 0
        let exec = try await exec?.current()
        versions.exec = exec?.number ?? 0
        if let known = last.withLock({ $0 }), known.versions == versions { return known }

        let program = exec?.value
        let identity = Identity(
            headers: headers(token: token?.value ?? staticToken, program: program?.token),
            tls: tls(authority: authority?.value, pair: pair?.value ?? program?.pair), versions: versions)
        let old = last.withLock { last -> TLSOptions? in
            // Another task may have been faster with something newer.
            if let last, !versions.isAhead(of: last.versions) { return nil }
            defer { last = identity }
            return last?.tls
        }
        if let old, old != identity.tls { retire(old, retirement) }
        return identity
    }

    /// To be called when an identity was refused: reads its sources at once.
    ///
    /// - Returns: whether there is another identity now, so that another try makes sense.
    func renew(_ refused: Identity, after refusal: Refusal) async throws(APIError) -> Bool {
        var isChanged = false
        if refusal == .unauthorized, let token {
            isChanged = try await token.renew(refused: refused.versions.token) || isChanged
        }
        if refusal == .untrusted, let authority {
            isChanged = try await authority.renew(refused: refused.versions.authority) || isChanged
        }
        // A server that asks for no certificate in the handshake says 401 to one that has expired.
        if let pair { isChanged = try await pair.renew(refused: refused.versions.pair) || isChanged }
        // A program that makes tokens has no part in whom to trust.
        let concernsProgram = refusal == .unauthorized || refused.tls?.clientCertificatePEM != nil
        if concernsProgram, let exec { isChanged = try await exec.renew(refused: refused.versions.exec) || isChanged }
        return isChanged
    }

    private func currentToken() async throws(APIError) -> Refreshed<Secret<String>>.Version? {
        guard let token else { return nil }
        do throws(APIError) {
            return try await token.current()
        } catch {
            // Never readable so far: what the kubeconfig has beside it, as with kubectl.
            if error.reason != .cancelled, staticToken != nil { return nil }
            throw error
        }
    }

    private var staticToken: Secret<String>? {
        switch configuration.token {
        case .value(let token), .file(_, fallback: let token?): token
        case .file, nil: nil
        }
    }

    /// A token that is given goes before one that a program makes, as with client-go.
    private func headers(token: Secret<String>?, program: Secret<String>?) -> HTTPHeaders {
        var headers = HTTPHeaders()
        if let basic = configuration.basic {
            let text = "\(basic.user):\(basic.password.reveal())"
            headers.add(name: "Authorization", value: "Basic \(Base64.encode(Array(text.utf8)))")
        } else if let token = token ?? program {
            headers.add(name: "Authorization", value: "Bearer \(token.reveal())")
        }
        guard let person = configuration.impersonation else { return headers }
        headers.add(name: "Impersonate-User", value: person.user)
        if let uid = person.uid { headers.add(name: "Impersonate-Uid", value: uid) }
        for group in person.groups { headers.add(name: "Impersonate-Group", value: group) }
        for (key, values) in person.extra.sorted(by: { $0.key < $1.key }) {
            let name = "Impersonate-Extra-" + PercentEncoding.encode(key, allowing: "!#$&'*+^`|")
            for value in values { headers.add(name: name, value: value) }
        }
        return headers
    }

    private func tls(authority: String?, pair: Secret<CredentialFiles.Pair>?) -> TLSOptions? {
        guard configuration.server.hasPrefix("https://") else { return nil }
        return TLSOptions(
            caPEM: authority ?? configuration.certificateAuthorityPEM,
            clientCertificatePEM: pair?.reveal().certificate, clientKeyPEM: pair?.reveal().key,
            serverName: configuration.serverName, verify: configuration.verifiesServer)
    }

    /// What a plugin is told about the cluster; nil when it is not to be told.
    private static func description(
        of configuration: ClusterConfiguration, for plugin: ExecPlugin, read: CredentialFiles.Reader
    ) async throws(APIError) -> JSONValue? {
        guard plugin.providesClusterInfo else { return nil }
        var cluster: JSONValue = ["server": .string(configuration.server)]
        if let name = configuration.serverName { cluster["tls-server-name"] = .string(name) }
        if !configuration.verifiesServer { cluster["insecure-skip-tls-verify"] = true }
        var authority = configuration.certificateAuthorityPEM.map { Array($0.utf8) }
        if let path = configuration.certificateAuthorityFile { authority = try? await read(path) }
        if let authority { cluster["certificate-authority-data"] = .string(Base64.encode(authority)) }
        if let proxy = configuration.proxy { cluster["proxy-url"] = .string(proxy.reveal()) }
        if let own = plugin.clusterConfiguration { cluster["config"] = own }
        return cluster
    }
}
