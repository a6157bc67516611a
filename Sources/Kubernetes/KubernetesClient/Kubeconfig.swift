// SPDX-License-Identifier: MIT
import HTTPTransport
import SystemCalls

/// The configuration files of kubectl.
///
/// They are read as kubectl reads them; where its own rules leave a choice (what is refused, what wins), its choice is
/// made here too. `docs/configuration.md` lists what is understood.
package enum Kubeconfig {
    /// Reads one file and resolves a context; nil means the file's current one.
    ///
    /// Throws `ConfigurationError` that names the file and the entry. Blocks for the time of reading: call it at start.
    ///
    /// - Parameter environment: where the proxy's variables are looked up.
    package static func load(
        path: String, context: String? = nil, environment: [String: String] = ProcessIdentity.environment
    ) throws(ConfigurationError) -> ClusterConfiguration {
        try load(paths: [path], context: context, environment: environment)
    }

    /// Reads the files of `KUBECONFIG` (a list with colons; missing files are passed over), or `~/.kube/config`.
    package static func loadDefault(
        environment: [String: String], context: String? = nil
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let paths = defaultPaths(environment: environment)
        let existing = paths.filter(Files.exists)
        guard !existing.isEmpty else {
            throw ConfigurationError(
                source: paths.joined(separator: ":"), problem: "no such file; set KUBECONFIG or give --kubeconfig")
        }
        return try load(paths: existing, context: context, environment: environment)
    }

    /// The files that `loadDefault` looks for.
    package static func defaultPaths(environment: [String: String]) -> [String] {
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        return listed.isEmpty ? ["\(environment["HOME"] ?? "/root")/.kube/config"] : listed
    }

    /// Reads and merges files: of several entries of one name the first counts, whole, as with kubectl.
    package static func load(
        paths: [String], context: String? = nil, environment: [String: String] = ProcessIdentity.environment
    ) throws(ConfigurationError) -> ClusterConfiguration {
        var merged = KubeconfigDocument()
        for path in paths {
            let bytes: [UInt8]
            do {
                bytes = try Files.readBytes(path)
            } catch {
                throw ConfigurationError(source: path, problem: "cannot be read: \(error)")
            }
            merged.merge(try KubeconfigDocument(text: String(decoding: bytes, as: UTF8.self), path: path))
        }
        return try merged.resolve(
            context: context, source: paths.joined(separator: ":"), proxies: ProxyEnvironment(environment))
    }

    /// Resolves the text of one file; paths in it are relative to `path`'s folder.
    package static func parse(
        _ text: String, path: String = "kubeconfig", context: String? = nil, environment: [String: String] = [:]
    ) throws(ConfigurationError) -> ClusterConfiguration {
        try KubeconfigDocument(text: text, path: path).resolve(
            context: context, source: path, proxies: ProxyEnvironment(environment))
    }
}
