// SPDX-License-Identifier: MIT
import Cryptography
import HTTPTransport
import JSONCoding
import ServiceRuntime

extension KubeconfigDocument {
    /// The cluster and user of a context, as one configuration.
    func resolve(
        context name: String?, source: String, proxies: ProxyEnvironment
    ) throws(ConfigurationError) -> ClusterConfiguration {
        guard let name = name ?? currentContext else {
            throw ConfigurationError(
                source: source, problem: "has no current-context; choose one of \(known(contexts))")
        }
        let context = try entry(contexts, name, "context", source)
        let clusterName = context.text("cluster") ?? ""
        let cluster = try entry(clusters, clusterName, "cluster", source)
        var configuration = try configuration(of: cluster, clusterName, proxies)
        configuration.defaultNamespace = context.text("namespace")
        if let userName = context.text("user") {
            try apply(
                user: try entry(users, userName, "user", source), userName, of: cluster, to: &configuration)
        }
        return configuration
    }

    private func configuration(
        of cluster: Entry, _ name: String, _ proxies: ProxyEnvironment
    ) throws(ConfigurationError) -> ClusterConfiguration {
        guard let server = cluster.text("server"), let address = ServerAddress(server) else {
            throw ConfigurationError(
                source: cluster.path, problem: "cluster \"\(name)\" has no server like https://host:6443")
        }
        var configuration = ClusterConfiguration(server: server)
        configuration.serverName = cluster.text("tls-server-name")
        configuration.verifiesServer = cluster.content["insecure-skip-tls-verify"]?.boolValue != true
        switch try pem(cluster, "certificate-authority", "cluster \"\(name)\"") {
        case .pem(let text): configuration.certificateAuthorityPEM = text
        case .file(let path): configuration.certificateAuthorityFile = path
        case nil: break
        }
        guard
            configuration.verifiesServer
                || (configuration.certificateAuthorityPEM == nil && configuration.certificateAuthorityFile == nil)
        else {
            throw ConfigurationError(
                source: cluster.path,
                problem: "cluster \"\(name)\" has a certificate authority and insecure-skip-tls-verify; keep one")
        }
        let proxy = cluster.text("proxy-url")
        if let url = proxy ?? proxies.proxy(scheme: address.scheme, host: address.host, port: address.port) {
            guard ["http://", "https://", "socks5://", "socks5h://"].contains(where: url.hasPrefix) else {
                throw ConfigurationError(
                    source: proxy == nil ? "HTTPS_PROXY" : cluster.path,
                    problem: "the proxy of cluster \"\(name)\" must be an URL with http, https or socks5")
            }
            configuration.proxy = Secret(url)
        }
        return configuration
    }

    private func apply(
        user: Entry, _ name: String, of cluster: Entry, to configuration: inout ClusterConfiguration
    ) throws(ConfigurationError) {
        if let provider = user.content["auth-provider"], !provider.isNull {
            throw ConfigurationError(
                source: user.path,
                problem: "user \"\(name)\" authenticates by an auth-provider, which is not supported; "
                    + "use the provider's exec plugin (for GKE gke-gcloud-auth-plugin, for Azure kubelogin, "
                    + "for OIDC kubectl-oidc_login)")
        }
        let token = user.text("token").map { Secret($0) }
        if let file = user.text("tokenFile") {
            configuration.token = .file(absolute(file, besides: user.path), fallback: token)
        } else if let token {
            configuration.token = .value(token)
        }
        if user.text("username") != nil || user.text("password") != nil {
            guard configuration.token == nil else {
                throw ConfigurationError(
                    source: user.path, problem: "user \"\(name)\" has both a token and a username; keep one")
            }
            configuration.basic = .init(
                user: user.text("username") ?? "", password: Secret(user.text("password") ?? ""))
        }
        let certificate = try pem(user, "client-certificate", "user \"\(name)\"")
        let key = try pem(user, "client-key", "user \"\(name)\"")
        switch (certificate, key) {
        case (let certificate?, let key?):
            configuration.clientCertificate = .init(certificate: certificate, key: Secret(key))
        case (nil, nil): break
        default:
            throw ConfigurationError(
                source: user.path, problem: "user \"\(name)\" needs both client-certificate and client-key")
        }
        if let exec = user.content["exec"], !exec.isNull {
            configuration.exec = try plugin(Entry(content: exec, path: user.path), name, of: cluster)
        }
        configuration.impersonation = try impersonation(user, name)
    }

    private func impersonation(
        _ user: Entry, _ name: String
    ) throws(ConfigurationError) -> ClusterConfiguration.Impersonation? {
        let groups = user.content["as-groups"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let uid = user.text("as-uid")
        var extra: [String: [String]] = [:]
        for (key, values) in user.content["as-user-extra"]?.objectValue ?? [:] {
            extra[key] = values.arrayValue?.compactMap(\.stringValue) ?? []
        }
        if let actAs = user.text("as") { return .init(user: actAs, groups: groups, uid: uid, extra: extra) }
        guard groups.isEmpty, uid == nil, extra.isEmpty else {
            throw ConfigurationError(
                source: user.path,
                problem: "user \"\(name)\" has as-uid, as-groups or as-user-extra without `as`; "
                    + "name the user to act for")
        }
        return nil
    }

    /// A PEM given as `NAME-data` (base64, which wins) or as a file's path.
    private func pem(
        _ entry: Entry, _ name: String, _ owner: String
    ) throws(ConfigurationError) -> ClusterConfiguration.ClientCertificate.Source? {
        if let data = entry.text("\(name)-data") {
            guard let decoded = Base64.decodeLeniently(data),
                let text = String(validating: decoded, as: UTF8.self), !text.isEmpty
            else {
                throw ConfigurationError(source: entry.path, problem: "\(owner): \(name)-data is not base64 of a PEM")
            }
            return .pem(text)
        }
        guard let file = entry.text(name) else { return nil }
        return .file(absolute(file, besides: entry.path))
    }

    private func entry(
        _ entries: [String: Entry], _ name: String, _ what: String, _ source: String
    ) throws(ConfigurationError) -> Entry {
        guard let entry = entries[name] else {
            throw ConfigurationError(source: source, problem: "has no \(what) \"\(name)\"; known: \(known(entries))")
        }
        return entry
    }

    private func known(_ entries: [String: Entry]) -> String {
        entries.isEmpty ? "none" : entries.keys.sorted().joined(separator: ", ")
    }

    /// A path in a file is relative to that file.
    func absolute(_ file: String, besides path: String) -> String {
        guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
        return String(path[...slash]) + file
    }
}

extension KubeconfigDocument.Entry {
    /// The text of a member; nil when it is missing, empty, or no text.
    func text(_ name: String) -> String? {
        content[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Scheme, host and port of a server's URL.
struct ServerAddress: Equatable {
    let scheme: String
    let host: String
    let port: Int

    /// Nil for what is no http or https URL with a host.
    init?(_ url: String) {
        guard let scheme = ["https", "http"].first(where: { url.hasPrefix("\($0)://") }) else { return nil }
        var authority = url.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        let standard = scheme == "https" ? 443 : 80
        guard !host.isEmpty, rest.isEmpty || rest.hasPrefix(":"),
            let port = rest.count <= 1 ? standard : Int(rest.dropFirst())
        else { return nil }
        self.scheme = scheme
        self.host = String(host)
        self.port = port
    }
}
