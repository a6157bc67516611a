// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT
import PackageDescription

// One settings list for every Swift target; the wrappers alone may use unsafe code.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
let safeSettings = settings + [.strictMemorySafety()]

/// What makes programs small (docs/adr/0007): every function in a section of its own, so that the linker can leave out
/// what nothing reaches; addresses to correct at start in the packed form of glibc 2.36; and no table of the program's
/// symbols for libraries that would look for them.
///
/// Not for the fuzzers: a linker that leaves things out leaves the counters out by which libFuzzer sees what is new.
let smallCode: [SwiftSetting] =
    Context.environment["CODEXK8S_FUZZ"] == nil
    ? [.unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release))] : []
let smallPrograms: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld"] + ["-z", "pack-relative-relocs", "--no-export-dynamic", "--icf=safe"].flatMap { ["-Xlinker", $0] },
        .when(platforms: [.linux], configuration: .release))
]

/// A target that binds a C library or a system call: the only kind that may hold unsafe code.
func wrapper(_ name: String, _ dependencies: [String]) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, path: "Sources/System/\(name)",
        swiftSettings: settings + smallCode)
}

/// A target of the given layer (a folder under `Sources/`).
func library(_ layer: String, _ name: String, _ dependencies: [String]) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, path: "Sources/\(layer)/\(name)",
        swiftSettings: safeSettings + smallCode)
}

func executable(_ name: String, target: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: target, dependencies: dependencies.map { .init(stringLiteral: $0) }, path: "Sources/Commands/\(target)",
        swiftSettings: safeSettings + smallCode, linkerSettings: smallPrograms)
}

/// The tests of one target, in `Tests/NAMETests`; `files` are folders there whose files they read.
func tests(_ name: String, _ dependencies: [String] = [], files: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ([name] + dependencies).map { .init(stringLiteral: $0) },
        path: "Tests/\(name)Tests", exclude: files, swiftSettings: settings)
}

func systemLibrary(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig)
}

let base = ["JSONCoding", "HTTPTypes", "ServiceRuntime"]
let kubernetes = base + ["KubernetesAPI", "KubernetesClient", "ControllerRuntime"]

var targets: [Target] = [
    // System: C libraries and the only unsafe code.
    systemLibrary("CCurl", pkgConfig: "libcurl"),
    systemLibrary("CYAML", pkgConfig: "yaml-0.1"),
    systemLibrary("CPostgres", pkgConfig: "libpq"),
    systemLibrary("CMicrohttpd", pkgConfig: "libmicrohttpd"),
    systemLibrary("CCrypto", pkgConfig: "libcrypto"),
    systemLibrary("CZlib", pkgConfig: "zlib"),
    systemLibrary("CLinux"),
    wrapper("SystemCalls", ["CLinux"]),
    wrapper("Sockets", ["CLinux", "SystemCalls"]),
    wrapper("ChildProcesses", ["CLinux", "SystemCalls", "ServiceRuntime"]),
    wrapper("Cryptography", ["CCrypto", "JSONCoding"]),
    wrapper("Compression", ["CZlib"]),
    wrapper("YAMLCoding", ["CYAML", "Cryptography", "JSONCoding"]),
    wrapper("HTTPTransport", ["CCurl"] + base),
    wrapper("HTTPServing", ["CMicrohttpd"] + base),
    wrapper("Postgres", ["CPostgres", "Cryptography", "SystemCalls"] + base),

    // Support: no C.
    library("Support", "JSONCoding", []),
    library("Support", "HTTPTypes", ["JSONCoding"]),
    library("Support", "ServiceRuntime", ["JSONCoding", "SystemCalls"]),
    library("Support", "CommandLineInterface", ["SystemCalls"]),
    library("Support", "StandInLanguage", []),

    // Kubernetes.
    library("Kubernetes", "KubernetesAPI", ["JSONCoding"]),
    library("Kubernetes", "KubernetesClient", base + ["KubernetesAPI", "HTTPTransport", "YAMLCoding", "ChildProcesses", "Cryptography", "SystemCalls"]),
    library("Kubernetes", "ControllerRuntime", base + ["KubernetesAPI", "KubernetesClient", "Cryptography", "SystemCalls"]),

    // Domain: types, decisions, ports.
    library("Domain", "AgentAPI", ["JSONCoding", "KubernetesAPI", "Cryptography", "ServiceRuntime"]),
    library("Domain", "RunPolicy", ["AgentAPI"]),
    library("Domain", "Prompts", ["AgentAPI", "RunPolicy", "Cryptography"]),
    library("Domain", "SourceProvider", ["AgentAPI", "JSONCoding", "ServiceRuntime"]),
    library("Domain", "AuditTrail", ["AgentAPI", "Prompts", "JSONCoding", "Cryptography"]),
    library("Domain", "AgentControllers", kubernetes + ["AgentAPI", "RunPolicy", "Prompts", "SourceProvider", "AuditTrail", "Cryptography"]),

    // Adapters: one port each; two of them never import each other.
    library("Adapters", "GitHubEvents", ["JSONCoding", "Cryptography"]),
    library("Adapters", "GitHubProvider", base + ["HTTPTransport", "Cryptography", "SourceProvider", "AgentAPI"]),
    library("Adapters", "AuditStore", base + ["Postgres", "AuditTrail", "AgentAPI", "Prompts", "Cryptography"]),
    library("Adapters", "RunAPI", base + ["HTTPServing", "KubernetesAPI", "KubernetesClient", "AgentAPI", "AuditTrail", "Compression", "Cryptography"]),
    library("Adapters", "StaffConsole", base + ["HTTPServing", "KubernetesAPI", "KubernetesClient", "AgentAPI", "AuditTrail"]),
    library("Adapters", "AgentRunner", base + ["Compression", "StandInLanguage", "HTTPTransport", "HTTPServing", "ChildProcesses", "AgentAPI", "Cryptography", "SystemCalls"]),

    // Edge: faces the internet; neither libpq nor the domain's decisions.
    library("Edge", "WebhookEdge", base + ["HTTPServing", "GitHubEvents", "AgentAPI", "KubernetesAPI", "KubernetesClient", "YAMLCoding", "Cryptography"]),

    // Development: what `codex-k8s dev` needs.
    library("Development", "ExpressionLanguage", ["JSONCoding"]),
    library("Development", "StructuralSchema", ["JSONCoding", "ExpressionLanguage"]),
    library("Development", "DevCluster", base + ["KubernetesAPI", "HTTPServing", "YAMLCoding", "StructuralSchema", "ExpressionLanguage", "Cryptography", "ChildProcesses", "SystemCalls"]),
    library("Development", "ControlPlane", base + ["HTTPServing", "HTTPTransport", "Cryptography", "ChildProcesses", "SystemCalls"]),
    library("Development", "FaultProxy", ["ServiceRuntime", "Sockets"]),
    library("Development", "DevForge", base + ["HTTPServing", "HTTPTransport", "Cryptography", "ChildProcesses", "SystemCalls"]),
    library("Development", "DevModel", base + ["StandInLanguage", "HTTPServing"]),
    library("Development", "DevPostgres", base + ["Postgres", "ChildProcesses", "Cryptography", "SystemCalls"]),

    // Commands: wiring only.
    library("Commands", "OperatorParts", base + [
        "CommandLineInterface", "YAMLCoding", "AgentAPI", "AgentControllers", "ControllerRuntime", "GitHubProvider", "AuditStore", "AuditTrail", "RunAPI",
        "StaffConsole", "Postgres", "HTTPTransport", "KubernetesClient", "Cryptography", "SystemCalls",
    ]),
    executable("codex-k8s", target: "codex-k8s", base + [
        "OperatorParts", "CommandLineInterface", "AgentAPI", "Prompts", "SourceProvider", "YAMLCoding", "AgentControllers", "AuditStore", "AuditTrail", "ControllerRuntime", "KubernetesClient", "Postgres",
        "HTTPServing", "HTTPTransport", "SystemCalls",
    ]),
    // What `codex-k8s dev` becomes; on the developer's machine alone.
    executable("codex-k8s-dev", target: "codex-k8s-dev", base + [
        "OperatorParts", "RunAPI", "StaffConsole", "CommandLineInterface", "AgentAPI", "AgentControllers", "AuditStore", "ControllerRuntime", "KubernetesAPI",
        "KubernetesClient", "Postgres", "WebhookEdge", "HTTPServing", "HTTPTransport", "YAMLCoding", "DevCluster", "DevForge", "DevModel", "DevPostgres",
        "Cryptography", "SystemCalls",
    ]),
    executable("codex-k8s-edge", target: "codex-k8s-edge", base + ["CommandLineInterface", "WebhookEdge", "AgentAPI", "HTTPServing", "HTTPTransport", "KubernetesClient", "SystemCalls", "YAMLCoding"]),
    executable("agent-runner", target: "agent-runner", base + ["CommandLineInterface", "AgentRunner", "SystemCalls"]),
    // Measures the others; not shipped.
    executable("codex-k8s-bench", target: "codex-k8s-bench", kubernetes + [
        "CommandLineInterface", "YAMLCoding", "AgentAPI", "AuditStore", "AuditTrail", "Postgres", "HTTPServing", "HTTPTransport", "DevCluster",
        "ControlPlane", "DevForge", "DevPostgres", "Cryptography", "SystemCalls", "ChildProcesses",
    ]),

    // Tests.
    tests("SystemCalls"),
    tests("ChildProcesses"),
    tests("Cryptography", ["ChildProcesses"]),
    tests("Compression"),
    tests("YAMLCoding", ["JSONCoding"]),
    tests("HTTPTransport", base + ["HTTPServing", "Cryptography", "ChildProcesses", "SystemCalls"]),
    tests("HTTPServing", base + ["Cryptography", "ChildProcesses"]),
    tests("Postgres", base + ["DevPostgres", "ChildProcesses", "SystemCalls"]),
    tests("JSONCoding"),
    tests("HTTPTypes"),
    tests("ServiceRuntime"),
    tests("CommandLineInterface"),
    tests("StandInLanguage"),
    tests("KubernetesAPI", ["JSONCoding"]),
    .target(
        name: "KubernetesTestSupport",
        dependencies: (base + ["KubernetesAPI", "KubernetesClient", "ControllerRuntime", "HTTPServing", "HTTPTransport", "SystemCalls"]).map { .init(stringLiteral: $0) },
        path: "Tests/KubernetesTestSupport", swiftSettings: settings),
    tests("KubernetesClient", base + ["KubernetesAPI", "HTTPServing", "HTTPTransport", "YAMLCoding", "ChildProcesses", "Cryptography", "SystemCalls", "KubernetesTestSupport"]),
    tests("ControllerRuntime", base + ["KubernetesAPI", "KubernetesClient", "HTTPServing", "KubernetesTestSupport"]),
    tests("AgentAPI", ["JSONCoding", "KubernetesAPI", "YAMLCoding", "StructuralSchema", "ServiceRuntime"]),
    tests("RunPolicy", ["AgentAPI"]),
    .testTarget(
        name: "PromptCommandTests",
        dependencies: (base + ["codex-k8s", "ChildProcesses", "DevForge", "DevPostgres", "Postgres", "HTTPTransport", "Cryptography", "Prompts", "SystemCalls"]).map { .init(stringLiteral: $0) },
        path: "Tests/PromptCommandTests", swiftSettings: settings),
    tests("Prompts", ["AgentAPI", "RunPolicy", "StandInLanguage", "Cryptography", "SystemCalls"], files: ["Golden"]),
    tests("AuditTrail", ["AgentAPI", "JSONCoding"]),
    tests("AgentControllers", kubernetes + [
        "AgentAPI", "RunPolicy", "Prompts", "SourceProvider", "AuditTrail", "Cryptography", "DevCluster", "HTTPTransport", "SystemCalls", "YAMLCoding",
    ]),
    tests("GitHubEvents", ["JSONCoding", "Cryptography"]),
    tests("GitHubProvider", base + ["HTTPTransport", "Cryptography", "SourceProvider", "AgentAPI", "DevForge", "HTTPServing"]),
    tests("AuditStore", base + ["Postgres", "AuditTrail", "AgentAPI", "Prompts", "DevPostgres", "SystemCalls"]),
    .target(
        name: "RunAPITestSupport",
        dependencies: ["RunAPI", "AgentAPI", "AuditTrail", "JSONCoding", "ServiceRuntime"], path: "Tests/RunAPITestSupport", swiftSettings: settings),
    tests("RunAPI", base + ["HTTPServing", "HTTPTransport", "KubernetesAPI", "KubernetesClient", "AgentAPI", "AuditTrail", "Compression", "Cryptography", "KubernetesTestSupport", "RunAPITestSupport", "AgentControllers", "SystemCalls", "YAMLCoding"]),
    tests("StaffConsole", base + ["HTTPServing", "HTTPTransport", "KubernetesAPI", "KubernetesClient", "AgentAPI", "AuditTrail", "OperatorParts", "ChildProcesses", "KubernetesTestSupport", "SystemCalls"], files: ["Golden"]),
    tests("AgentRunner", base + ["AuditTrail", "Compression", "Cryptography", "RunAPI", "RunAPITestSupport", "AgentAPI", "ChildProcesses", "DevForge", "DevModel", "HTTPServing", "HTTPTransport", "SystemCalls"]),
    tests("WebhookEdge", base + ["ChildProcesses", "HTTPServing", "HTTPTransport", "GitHubEvents", "AgentAPI", "KubernetesAPI", "KubernetesClient", "Cryptography"]),
    tests("ExpressionLanguage", ["JSONCoding"]),
    tests("StructuralSchema", ["JSONCoding", "YAMLCoding", "ExpressionLanguage"], files: ["Fixtures"]),
    tests("DevCluster", kubernetes + ["HTTPServing", "HTTPTransport", "YAMLCoding", "StructuralSchema", "ChildProcesses", "SystemCalls"], files: ["Fixtures"]),
    tests("DevForge", base + ["HTTPServing", "HTTPTransport", "Cryptography", "ChildProcesses", "SystemCalls"]),
    tests("DevModel", base + ["HTTPTransport", "ChildProcesses", "SystemCalls"]),
    tests("DevPostgres", base + ["Postgres", "ChildProcesses", "SystemCalls"]),
    .testTarget(
        name: "BehaviourTests",
        dependencies: (kubernetes + ["DevCluster", "ControlPlane", "HTTPServing", "HTTPTransport", "AgentAPI", "AgentControllers", "SourceProvider", "AuditTrail", "YAMLCoding", "ChildProcesses", "SystemCalls", "Cryptography", "RunAPITestSupport", "KubernetesTestSupport"]).map { .init(stringLiteral: $0) },
        path: "Tests/BehaviourTests", swiftSettings: settings),
    tests("FaultProxy", base + ["HTTPServing", "HTTPTransport", "Sockets", "SystemCalls"]),
    .executableTarget(
        name: "fault-probe", dependencies: (kubernetes + ["HTTPTransport", "SystemCalls"]).map { .init(stringLiteral: $0) },
        path: "Tests/FaultProbe", swiftSettings: safeSettings),
    .testTarget(
        name: "FaultTests",
        dependencies: (kubernetes + ["fault-probe", "DevCluster", "ControlPlane", "FaultProxy", "HTTPServing", "HTTPTransport", "ChildProcesses", "SystemCalls", "Cryptography", "YAMLCoding", "KubernetesTestSupport"]).map { .init(stringLiteral: $0) },
        path: "Tests/FaultTests", swiftSettings: settings),
    .testTarget(
        name: "EndToEndTests",
        dependencies: (kubernetes + ["HTTPTransport", "HTTPServing", "AgentAPI", "ChildProcesses", "Postgres", "SystemCalls", "DevForge", "Cryptography"]).map { .init(stringLiteral: $0) },
        path: "Tests/EndToEndTests", swiftSettings: settings),
    .target(
        name: "ParserProperties",
        dependencies: ["JSONCoding", "YAMLCoding", "KubernetesAPI", "KubernetesClient"],
        path: "Tests/ParserProperties", swiftSettings: settings),
    .testTarget(
        name: "ParserCorpusTests", dependencies: ["ParserProperties", "SystemCalls"], path: "Tests/ParserCorpusTests",
        swiftSettings: settings),
    .executableTarget(
        name: "leader-probe",
        dependencies: (base + ["KubernetesClient", "ControllerRuntime", "HTTPTransport", "SystemCalls"]).map { .init(stringLiteral: $0) },
        path: "Tests/LeaderProbe", swiftSettings: settings),
    .testTarget(
        name: "LeaderElectionTests",
        dependencies: (base + ["leader-probe", "ChildProcesses", "HTTPServing", "SystemCalls", "KubernetesTestSupport"]).map { .init(stringLiteral: $0) },
        path: "Tests/LeaderElectionTests", swiftSettings: settings),
    .testTarget(name: "ArchitectureTests", dependencies: ["ChildProcesses", "SystemCalls"], path: "Tests/ArchitectureTests", swiftSettings: settings),
]

// hack/fuzz.sh: a program without a main function of its own, which libFuzzer brings.
if Context.environment["CODEXK8S_FUZZ"] != nil {
    targets.append(
        .executableTarget(
            name: "ParserFuzzer", dependencies: ["ParserProperties"], path: "Tests/ParserFuzzer",
            swiftSettings: settings))
}

// hack/sanitize.sh: the program of the tests is one for all, so the targets that it is to hold are chosen here.
if let names = Context.environment["CODEXK8S_SANITIZE"] {
    let wrapped = [
        "$sScC6resume9returningyxn_tF", "$sScC6resume8throwingyq_n_tF",
        "$ss23withCheckedContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5NeverOGXEtYalF",
        "$ss23withCheckedContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5NeverOGXEtYalFTu",
        "$ss31withCheckedThrowingContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5Error_pGXEtYaKlF",
        "$ss31withCheckedThrowingContinuation9isolation8function_xScA_pSgYi_SSyScCyxs5Error_pGXEtYaKlFTu",
    ]
    targets.append(
        .testTarget(
            name: "SanitizerTests", dependencies: ["ServiceRuntime"], path: "Tests/SanitizerTests",
            swiftSettings: settings,
            linkerSettings: [.unsafeFlags(wrapped.flatMap { ["-Xlinker", "--wrap=\($0)"] })]))
    let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
    var needed: Set<String> = []
    var next = names.split(separator: ",").map(String.init)
    while let name = next.popLast() {
        guard let target = byName[name] else { fatalError("CODEXK8S_SANITIZE names \(name), which is no target") }
        guard needed.insert(name).inserted else { continue }
        next += target.dependencies.compactMap {
            if case .byNameItem(let name, _) = $0 { name } else { nil }
        }
    }
    targets.removeAll { !needed.contains($0.name) }
}

let package = Package(name: "codex-k8s", targets: targets)
