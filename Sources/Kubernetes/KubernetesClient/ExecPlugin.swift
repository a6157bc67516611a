// SPDX-License-Identifier: MIT
package import JSONCoding

/// A program that makes credentials, as a kubeconfig's `exec` describes it (client.authentication.k8s.io, KEP-541).
package struct ExecPlugin: Sendable {
    /// The versions of the protocol that are spoken here.
    package enum Version: String, Sendable, CaseIterable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// What is spoken with the program.
    package var version: Version
    /// A path, or a name to look for in this process's `PATH`.
    package var command: String
    /// Its arguments.
    package var arguments: [String]
    /// Added to this process's environment, in order; later ones win. Values may be secret.
    package var environment: [(name: String, value: String)]
    /// What a person can do when the program is missing.
    package var installHint: String?
    /// Whether the program is told which cluster it is for.
    package var providesClusterInfo: Bool
    /// What the cluster's entry says to the program (its extension `client.authentication.k8s.io/exec`).
    package var clusterConfiguration: JSONValue?
    /// How long one call may take. client-go sets no limit, and hangs with a program that hangs.
    package var timeout: Duration

    /// A program.
    package init(
        version: Version, command: String, arguments: [String] = [], environment: [(name: String, value: String)] = [],
        installHint: String? = nil, providesClusterInfo: Bool = false, clusterConfiguration: JSONValue? = nil,
        timeout: Duration = .seconds(30)
    ) {
        self.version = version
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.installHint = installHint
        self.providesClusterInfo = providesClusterInfo
        self.clusterConfiguration = clusterConfiguration
        self.timeout = timeout
    }

    /// The value of `KUBERNETES_EXEC_INFO`.
    ///
    /// - Parameter cluster: `spec.cluster`; left out when the program is not to be told.
    func info(cluster: JSONValue?) -> String {
        var spec: JSONValue = ["interactive": false]
        if providesClusterInfo, let cluster { spec["cluster"] = cluster }
        let info: JSONValue = [
            "kind": "ExecCredential", "apiVersion": .string(version.rawValue), "spec": spec,
        ]
        return String(decoding: info.encoded(), as: UTF8.self)
    }
}

extension ExecPlugin: CustomStringConvertible, CustomReflectable {
    /// The program, without arguments and environment, which may be secret.
    package var description: String { "exec plugin \(command)" }

    /// Without children: a mirror would show the environment.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
