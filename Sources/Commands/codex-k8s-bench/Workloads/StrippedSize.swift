// SPDX-License-Identifier: MIT
import ChildProcesses
import SystemCalls

/// How large the operator's program is without symbols, the Swift runtime inside.
enum StrippedSize {
    static func megabytes(_ settings: BenchSettings) async throws -> Double {
        let copy = "\(settings.directory)/codex-k8s.stripped"
        let result = try await ChildProcess.run(
            ChildProcess.Configuration(
                executable: "strip", arguments: ["-o", copy, "\(settings.binaries)/codex-k8s"],
                environment: ["PATH": ProcessIdentity.environment["PATH"] ?? "/usr/bin:/bin"]))
        guard result.exitCode == 0 else { throw BrokenRun("strip: \(result.errorText)") }
        let size = try Files.status(copy).size
        try Files.remove(copy)
        return Double(size) / 1e6
    }
}
