// SPDX-License-Identifier: MIT
import SystemCalls

/// The configuration that a pod finds in its environment and its service account's volume.
package enum InClusterConfiguration {
    /// Where pods find their service account.
    package static let directory = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// Whether the process seems to run in a pod with a service account.
    package static func isAvailable(environment: [String: String], directory: String = directory) -> Bool {
        environment["KUBERNETES_SERVICE_HOST"]?.isEmpty == false && Files.exists("\(directory)/token")
    }

    /// Reads the environment and the volume. The token stays in its file, because it is renewed there.
    ///
    /// Throws `ConfigurationError` when not in a pod. Blocks for the time of reading two small files: call it at start.
    package static func load(
        environment: [String: String], directory: String = directory
    ) throws(ConfigurationError) -> ClusterConfiguration {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], let number = UInt16(port)
        else {
            throw ConfigurationError(
                source: "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT",
                problem: "not set: this process does not run in a pod; give --kubeconfig instead")
        }
        for file in ["token", "ca.crt"] where !Files.exists("\(directory)/\(file)") {
            throw ConfigurationError(
                source: "\(directory)/\(file)", problem: "missing: the pod has no service account token mounted")
        }
        let namespace = try? Files.readBytes("\(directory)/namespace")
        return ClusterConfiguration(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(number)",
            certificateAuthorityFile: "\(directory)/ca.crt", token: .file("\(directory)/token"),
            defaultNamespace: namespace.map { String(decoding: $0, as: UTF8.self) })
    }
}
