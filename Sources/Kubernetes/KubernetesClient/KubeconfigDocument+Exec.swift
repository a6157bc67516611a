// SPDX-License-Identifier: MIT
import JSONCoding

extension KubeconfigDocument {
    /// A user's `exec`: the program that makes its credentials.
    func plugin(_ exec: Entry, _ name: String, of cluster: Entry) throws(ConfigurationError) -> ExecPlugin {
        func problem(_ words: String) -> ConfigurationError {
            ConfigurationError(source: exec.path, problem: "the exec plugin of user \"\(name)\" \(words)")
        }
        guard let command = exec.text("command") else { throw problem("has no command") }
        let known = ExecPlugin.Version.allCases.map(\.rawValue).joined(separator: " or ")
        guard let text = exec.text("apiVersion") else { throw problem("has no apiVersion; use \(known)") }
        guard let version = ExecPlugin.Version(rawValue: text) else {
            throw problem("has the apiVersion \(text), which is not spoken any more; use \(known)")
        }
        switch exec.text("interactiveMode") {
        case "Never", "IfAvailable": break
        // v1 has no default.
        case nil:
            guard version == .v1beta1 else { throw problem("has no interactiveMode; use Never or IfAvailable") }
        case "Always":
            throw problem(
                "needs a person at a terminal (interactiveMode Always), and there is none here; "
                    + "use credentials that need nobody, such as a service account's token")
        case let other?: throw problem("has the unknown interactiveMode \(other); use Never or IfAvailable")
        }
        var variables: [(name: String, value: String)] = []
        for variable in exec.content["env"]?.arrayValue ?? [] {
            guard let name = variable["name"]?.stringValue, !name.isEmpty else {
                throw problem("has a variable without a name in env")
            }
            variables.append((name, variable["value"]?.stringValue ?? ""))
        }
        // A name is looked for in PATH; a path with a slash is relative to the file that has it.
        return ExecPlugin(
            version: version, command: command.contains("/") ? absolute(command, besides: exec.path) : command,
            arguments: exec.content["args"]?.arrayValue?.compactMap(\.stringValue) ?? [], environment: variables,
            installHint: exec.text("installHint"),
            providesClusterInfo: exec.content["provideClusterInfo"]?.boolValue == true,
            clusterConfiguration: Self.pluginConfiguration(of: cluster))
    }

    /// What the cluster's entry has for exec plugins, under a reserved name.
    private static func pluginConfiguration(of cluster: Entry) -> JSONValue? {
        let mine = cluster.content["extensions"]?.arrayValue?.first { entry in
            entry["name"] == "client.authentication.k8s.io/exec"
        }
        return mine?["extension"]
    }
}
