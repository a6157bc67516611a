// SPDX-License-Identifier: MIT
import CommandLineInterface
import ControlPlane
import ServiceRuntime
import SystemCalls

/// `codex-k8s-bench run`: all workloads, or the named ones.
enum RunCommand {
    static let binaries = Option<String>.required(
        "binaries", .folder, help: "The folder with codex-k8s, codex-k8s-edge and codex-k8s-bench, built for release.")
    static let resources = Option<String>.required(
        "resources", .folder, help: "The checkout: its crds, manifests and migrations are installed.")
    static let json = Option<Bool>.flag("json", help: "Print one line of JSON a workload instead of the table.")
    static let workload = Option<String?>.optional(
        "workload", .text("NAME,…"),
        help: "Only these: \(WorkloadName.allCases.map(\.rawValue).joined(separator: ", ")).")
    static let objects = Option<Int?>.optional(
        "objects", .integer(4...100_000),
        help: "Objects of fanout; the other workloads' objects and times shrink or grow with it. Default: 300.")
    static let rounds = Option<Int?>.optional(
        "rounds", .integer(1...20),
        help: "Rounds of fanout, of which the median is reported. Default: 3, and 1 below 100 objects.")
    static let peer = Option<String?>.optional(
        "peer", .text("COMMAND"), help: "Another operator instead of ours, started by sh -c; see docs/benchmarks.md.")
    static let keep = Option<String?>.optional("state", .folder, help: "Keep logs and state in this folder.")

    static let command = Command(
        "run", summary: "Runs the workloads and prints what was measured, with the bar and whether it was met.",
        discussion: """
            The server is the embedded cluster, in a process of its own; with KUBEBUILDER_ASSETS it is the etcd and \
            kube-apiserver of that folder. Every workload measures its own limit beside it on the same server. Ends \
            with 0 when everything was measured, whether or not a bar was met, and with 1 when a run broke.
            """,
        options: [
            binaries.definition, resources.definition, json.definition, workload.definition, objects.definition,
            rounds.definition, peer.definition, keep.definition,
        ])

    static func run(_ parsed: ParsedCommand) async throws {
        var wanted = WorkloadName.allCases
        if let names = try parsed[workload] {
            wanted = try names.split(separator: ",").map { name in
                guard let known = WorkloadName(rawValue: String(name)) else {
                    throw UsageError("codex-k8s-bench run", "there is no workload \(name)")
                }
                return known
            }
        }
        let count = try parsed[objects] ?? 300
        let folder = try parsed[keep]
        let directory = try folder ?? Files.temporaryDirectory(prefix: "codex-k8s-bench")
        try Files.createDirectory(directory, mode: 0o755)
        defer { if folder == nil { try? Files.remove(directory) } }
        let settings = BenchSettings(
            binaries: try parsed[binaries], resources: try parsed[resources], directory: directory,
            controlPlane: try ControlPlane.Configuration(), peer: try parsed[peer], objects: count,
            rounds: try parsed[rounds] ?? (count < 100 ? 1 : 3))
        let report = Report(isJSON: try parsed[json], isPeer: settings.peer != nil)
        report.begin(settings)
        try await BenchRun(settings: settings, wanted: Set(wanted), report: report).all()
        report.end()
    }
}

/// What a whole run is made with.
struct BenchSettings: Sendable {
    var binaries: String
    var resources: String
    var directory: String
    /// Nil: the embedded cluster.
    var controlPlane: ControlPlane.Configuration?
    var peer: String?
    var objects: Int
    var rounds: Int

    /// A number of the full size, scaled as `--objects` scales 300.
    func scaled(_ full: Int, atLeast least: Int = 1) -> Int { max(least, full * objects / 300) }

    /// What the server is called in the report.
    var server: String { controlPlane == nil ? "embedded cluster" : "etcd and kube-apiserver" }
}

/// Runs the workloads in groups that share a server, each group on a fresh one.
struct BenchRun {
    let settings: BenchSettings
    let wanted: Set<WorkloadName>
    let report: Report

    func all() async throws {
        if !wanted.isDisjoint(with: [.fanout, .fanoutCPU]) { try await FanoutWorkload(run: self).measure() }
        if wanted.contains(.single) { try await SingleWorkload(run: self).measure() }
        if !wanted.isDisjoint(with: [.coldsync, .coldsyncRSS, .idle]) { try await ColdSyncWorkload(run: self).measure() }
        if settings.peer == nil {
            if !wanted.isDisjoint(with: [.edge, .edgeIgnored]) { try await EdgeWorkload(run: self).measure() }
            if wanted.contains(.audit) { try await AuditWorkload(run: self).measure() }
        }
        if wanted.contains(.startup) { try await StartupWorkload(run: self).measure() }
    }

    func add(_ result: WorkloadResult) {
        if wanted.contains(result.name) { report.add(result) }
    }
}
