// SPDX-License-Identifier: MIT
import FoundationEssentials
import JSONCoding
import ServiceRuntime

extension KubeconfigDocument {
    /// The cluster and user of a context, as one configuration.
    func resolve(context name: String?, source: String) throws(ConfigurationError) -> ClusterConfiguration {
        guard let name = name ?? currentContext else {
            throw ConfigurationError(
                source: source, problem: "has no current-context; choose one of \(known(contexts))")
        }
        let context = try entry(contexts, name, "context", source)
        let clusterName = context.content["cluster"]?.stringValue ?? ""
        let cluster = try entry(clusters, clusterName, "cluster", source)
        guard let server = cluster.content["server"]?.stringValue, isServer(server) else {
            throw ConfigurationError(
                source: cluster.path, problem: "cluster \"\(clusterName)\" has no server like https://host:6443")
        }
        if let proxy = cluster.content["proxy-url"]?.stringValue, !proxy.isEmpty {
            throw ConfigurationError(
                source: cluster.path, problem: "cluster \"\(clusterName)\" has a proxy-url, which is not supported")
        }
        var configuration = ClusterConfiguration(server: server)
        configuration.defaultNamespace = context.content["namespace"]?.stringValue
        configuration.serverName = cluster.content["tls-server-name"]?.stringValue
        configuration.verifiesServer = cluster.content["insecure-skip-tls-verify"]?.boolValue != true
        switch try pem(cluster, "certificate-authority", "cluster \"\(clusterName)\"") {
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
                problem: "cluster \"\(clusterName)\" has a certificate authority and insecure-skip-tls-verify; keep one"
            )
        }
        if let userName = context.content["user"]?.stringValue, !userName.isEmpty {
            try apply(user: try entry(users, userName, "user", source), userName, to: &configuration)
        }
        return configuration
    }

    private func apply(
        user: Entry, _ name: String, to configuration: inout ClusterConfiguration
    ) throws(ConfigurationError) {
        for unsupported in ["exec", "auth-provider", "username"] where user.content[unsupported]?.isNull == false {
            throw ConfigurationError(
                source: user.path,
                problem: "user \"\(name)\" authenticates by \(unsupported), which is not supported; "
                    + "use a token, a tokenFile or a client certificate")
        }
        if let file = user.content["tokenFile"]?.stringValue, !file.isEmpty {
            configuration.token = .file(absolute(file, besides: user.path))
        } else if let token = user.content["token"]?.stringValue, !token.isEmpty {
            configuration.token = .value(Secret(token))
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
        if let actAs = user.content["as"]?.stringValue, !actAs.isEmpty {
            let groups = user.content["as-groups"]?.arrayValue?.compactMap(\.stringValue) ?? []
            configuration.impersonation = .init(user: actAs, groups: groups)
        }
    }

    /// A PEM given as `NAME-data` (base64, which wins) or as a file's path.
    private func pem(
        _ entry: Entry, _ name: String, _ owner: String
    ) throws(ConfigurationError) -> ClusterConfiguration.ClientCertificate.Source? {
        if let data = entry.content["\(name)-data"]?.stringValue, !data.isEmpty {
            guard let decoded = Data(base64Encoded: data, options: .ignoreUnknownCharacters),
                let text = String(validating: decoded, as: UTF8.self)
            else {
                throw ConfigurationError(source: entry.path, problem: "\(owner): \(name)-data is not base64 of a PEM")
            }
            return .pem(text)
        }
        guard let file = entry.content[name]?.stringValue, !file.isEmpty else { return nil }
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

    private func isServer(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let host = text.utf8.dropFirst(scheme.utf8.count).first
            return host != nil && host != UInt8(ascii: "/")
        }
        return false
    }

    private func absolute(_ file: String, besides path: String) -> String {
        guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
        return String(path[...slash]) + file
    }
}
