// SPDX-License-Identifier: MIT
package import ServiceRuntime

/// How to reach an API server and as whom.
package struct ClusterConfiguration: Sendable {
    /// Scheme, host, port and path prefix, without a slash at the end.
    package var server: String
    /// Whom to trust; the system's roots when neither is set. The file wins, and is read again each minute.
    package var certificateAuthorityPEM: String?
    /// A file of certificates to trust, in PEM.
    package var certificateAuthorityFile: String?
    /// True unless the kubeconfig says otherwise in so many words.
    package var verifiesServer: Bool
    /// The name in the server's certificate, when it is not the host's.
    package var serverName: String?
    /// The proxy to go through, with its user and password where it has them: `http`, `https` or `socks5`. Nil for
    /// none.
    package var proxy: Secret<String>?
    /// Sent as a bearer token.
    package var token: TokenLocation?
    /// Sent by basic authentication, which API servers themselves have given up and proxies before them have not.
    package var basic: BasicCredentials?
    /// Used in the TLS handshake.
    package var clientCertificate: ClientCertificate?
    /// A program that makes the token, the certificate, or both; used for what is not given above.
    package var exec: ExecPlugin?
    /// Whom to act for, with the right to impersonate.
    package var impersonation: Impersonation?
    /// The namespace that commands use when none is named.
    package var defaultNamespace: String?

    /// Where a bearer token comes from.
    package enum TokenLocation: Sendable {
        /// The token itself.
        case value(Secret<String>)
        /// Read again each minute and after the server refuses it; the fallback serves while it cannot be read at all.
        case file(String, fallback: Secret<String>? = nil)
    }

    /// A user and a password.
    package struct BasicCredentials: Sendable {
        /// The user's name.
        package var user: String
        /// The password.
        package var password: Secret<String>

        /// A pair.
        package init(user: String, password: Secret<String>) {
            self.user = user
            self.password = password
        }
    }

    /// A certificate and its key, each as text or as a file.
    package struct ClientCertificate: Sendable {
        /// The certificate chain.
        package var certificate: Source
        /// The private key.
        package var key: Secret<Source>

        /// Text, or the file that has it.
        package enum Source: Sendable {
            /// PEM.
            case pem(String)
            /// A file of PEM, read again each minute.
            case file(String)
        }

        /// A pair.
        package init(certificate: Source, key: Secret<Source>) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Someone to act for.
    package struct Impersonation: Sendable, Hashable {
        /// The user's name.
        package var user: String
        /// The user's groups.
        package var groups: [String]
        /// The user's unique id; nil when it does not matter.
        package var uid: String?
        /// What else the server is to know about the user, by key; keys are compared without case.
        package var extra: [String: [String]]

        /// Someone to act for.
        package init(user: String, groups: [String] = [], uid: String? = nil, extra: [String: [String]] = [:]) {
            self.user = user
            self.groups = groups
            self.uid = uid
            self.extra = extra
        }
    }

    /// A configuration; slashes at the server's end are dropped.
    package init(
        server: String, certificateAuthorityPEM: String? = nil, certificateAuthorityFile: String? = nil,
        verifiesServer: Bool = true, serverName: String? = nil, proxy: Secret<String>? = nil,
        token: TokenLocation? = nil, basic: BasicCredentials? = nil, clientCertificate: ClientCertificate? = nil,
        exec: ExecPlugin? = nil, impersonation: Impersonation? = nil, defaultNamespace: String? = nil
    ) {
        var server = server
        while server.hasSuffix("/") { server.removeLast() }
        self.server = server
        self.certificateAuthorityPEM = certificateAuthorityPEM
        self.certificateAuthorityFile = certificateAuthorityFile
        self.verifiesServer = verifiesServer
        self.serverName = serverName
        self.proxy = proxy
        self.token = token
        self.basic = basic
        self.clientCertificate = clientCertificate
        self.exec = exec
        self.impersonation = impersonation
        self.defaultNamespace = defaultNamespace
    }

    /// The same server, acting for someone else.
    package func impersonating(_ user: String, groups: [String] = []) -> ClusterConfiguration {
        var copy = self
        copy.impersonation = Impersonation(user: user, groups: groups)
        return copy
    }

    /// The same server and the same way to it, as nobody: without token, password, certificate, program and whom to act
    /// for. What is made of it cannot use our rights by mistake.
    package var withoutIdentity: ClusterConfiguration {
        ClusterConfiguration(
            server: server, certificateAuthorityPEM: certificateAuthorityPEM,
            certificateAuthorityFile: certificateAuthorityFile, verifiesServer: verifiesServer, serverName: serverName,
            proxy: proxy, defaultNamespace: defaultNamespace)
    }

    /// The same server, as the bearer of this token and as nobody else.
    package func bearing(_ token: Secret<String>) -> ClusterConfiguration {
        var copy = withoutIdentity
        copy.token = .value(token)
        return copy
    }
}

/// A configuration that cannot be used, and what to do about it.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or variable.
    package let source: String
    /// What is wrong, and what to do.
    package let problem: String

    /// A problem of a file or variable.
    package init(source: String, problem: String) {
        self.source = source
        self.problem = problem
    }

    /// Where, and what is wrong.
    package var description: String { "\(source): \(problem)" }
}
