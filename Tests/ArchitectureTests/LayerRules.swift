// SPDX-License-Identifier: MIT

/// What a target may import, by the layer of its folder: the picture of `docs/architecture.md` as a table.
enum LayerRules {
    /// The Swift targets that may import a C module: its wrapper, nobody else.
    static let wrappers: [String: Set<String>] = [
        "CCurl": ["HTTPTransport"], "CYAML": ["YAMLCoding"], "CPostgres": ["Postgres"],
        "CMicrohttpd": ["HTTPServing"], "CCrypto": ["Cryptography"], "CZlib": ["Compression"],
        "CLinux": ["SystemCalls", "Sockets", "ChildProcesses"],
    ]

    static let support: Set<String> = [
        "JSONCoding", "HTTPTypes", "ServiceRuntime", "CommandLineInterface", "StandInLanguage",
    ]
    static let system: Set<String> = [
        "SystemCalls", "Sockets", "ChildProcesses", "Cryptography", "Compression", "YAMLCoding", "HTTPTransport",
        "HTTPServing", "Postgres",
    ]
    static let kubernetes: Set<String> = ["KubernetesAPI", "KubernetesClient", "ControllerRuntime"]
    /// Types, decisions and ports: no input, no output.
    static let model: Set<String> = ["AgentAPI", "RunPolicy", "Prompts", "SourceProvider", "AuditTrail"]
    static let development: Set<String> = [
        "ExpressionLanguage", "StructuralSchema", "DevCluster", "ControlPlane", "FaultProxy", "DevForge", "DevModel",
        "DevPostgres",
    ]

    /// Swift's own modules. Foundation is not one of them: even its smallest part makes a program 7 MB larger.
    static let swift: Set<String> = ["Swift", "Synchronization", "Dispatch"]

    /// Who may call the C library outside of the wrappers: signals and the clock; what is to be done at exit.
    static let cLibraryUsers: Set<String> = ["ServiceRuntime", "DevPostgres"]

    /// What each layer may import of this package.
    static let layers: [String: Set<String>] = [
        "System": system.union(support),
        "Support": support.union(["SystemCalls"]),
        "Kubernetes": kubernetes.union(support).union([
            "HTTPTransport", "YAMLCoding", "ChildProcesses", "Cryptography", "SystemCalls",
        ]),
        "Domain": model.union(support).union(["KubernetesAPI", "Cryptography"]),
        "Adapters": model.union(support).union(system).union(["KubernetesAPI"]),
        "Edge": support.union([
            "AgentAPI", "Cryptography", "GitHubEvents", "HTTPServing", "KubernetesAPI", "KubernetesClient",
            "YAMLCoding",
        ]),
        "Development": development.union(support).union(system).union(["KubernetesAPI"]),
        "Commands": support.union(system).union(kubernetes).union(model).union(development).union([
            "AgentControllers", "AgentRunner", "AuditStore", "GitHubProvider", "OperatorParts", "RunAPI", "StaffConsole",
            "WebhookEdge",
        ]),
    ]

    /// What single targets may import beyond their layer.
    static let additions: [String: Set<String>] = [
        "AgentControllers": ["KubernetesClient", "ControllerRuntime"],
        // Asks the API server whose token it is.
        "RunAPI": ["KubernetesClient"],
        // Asks the API server, each time with the token of who asks.
        "StaffConsole": ["KubernetesClient"],
    ]

    /// What single targets may not import although their layer may.
    static let exceptions: [String: Set<String>] = [
        // The run's pod holds neither the database nor a Kubernetes credential of ours.
        "AgentRunner": ["Postgres", "KubernetesAPI", "AuditTrail", "SourceProvider"],
        "GitHubEvents": ["HTTPTransport", "HTTPServing", "Postgres", "AgentAPI"],
        "GitHubProvider": ["Postgres", "AuditTrail", "HTTPServing"],
        "AuditStore": ["HTTPTransport", "HTTPServing", "SourceProvider"],
        // What pods say goes to the ports; nothing of it reaches the code host.
        "RunAPI": ["HTTPTransport", "Postgres", "SourceProvider", "ChildProcesses"],
        // Shows what the ports give: no way around them to the database, no way out to anywhere else.
        "StaffConsole": ["HTTPTransport", "Postgres", "SourceProvider", "ChildProcesses", "Prompts", "RunPolicy"],
        "codex-k8s-edge": ["Postgres"],
        "agent-runner": ["Postgres", "KubernetesClient", "ControllerRuntime", "AgentControllers"],
    ]

    /// What the process that faces the internet must not contain, by whatever way.
    static let keptFromTheEdge: Set<String> = [
        "CPostgres", "Postgres", "AuditStore", "AuditTrail", "ControllerRuntime", "AgentControllers", "RunPolicy",
        "Prompts", "SourceProvider", "GitHubProvider", "AgentRunner", "RunAPI", "StaffConsole", "DevCluster",
        "ControlPlane", "FaultProxy", "DevForge", "DevModel", "DevPostgres",
    ]

    /// What the operator in a cluster must not contain: stand-ins for what it works with.
    static let keptFromTheOperator: Set<String> = development.union(["WebhookEdge", "AgentRunner"])

    /// What the process in the run's pod must not contain.
    static let keptFromTheRunner: Set<String> = [
        "CPostgres", "Postgres", "AuditStore", "ControllerRuntime", "KubernetesClient", "AgentControllers",
        "RunAPI", "StaffConsole", "GitHubProvider", "DevCluster", "ControlPlane", "FaultProxy", "DevForge", "DevModel",
        "DevPostgres",
    ]

    /// Why the target may not import the module; nil when it may.
    static func objection(to module: String, in target: String, layer: String) -> String? {
        if module.hasPrefix("Foundation") {
            return "Timestamp, JSONCoding, Cryptography and SystemCalls do, without 7 MB (docs/adr/0007)"
        }
        if swift.contains(module) { return nil }
        if module == "Glibc" {
            return layer == "System" || cLibraryUsers.contains(target) ? nil : "system calls belong to Sources/System"
        }
        if let owners = wrappers[module] {
            return owners.contains(target) ? nil : "the C module belongs to \(owners.sorted().joined(separator: ", "))"
        }
        guard let allowed = layers[layer] else { return "the layer \(layer) is not in the table of layers" }
        if exceptions[target]?.contains(module) == true { return "the table of exceptions forbids it" }
        if allowed.contains(module) || additions[target]?.contains(module) == true { return nil }
        return "the layer \(layer) may not"
    }
}
