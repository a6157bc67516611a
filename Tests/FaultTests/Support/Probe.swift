// SPDX-License-Identifier: MIT
import ChildProcesses
import JSONCoding
import SystemCalls
import Testing

extension FaultCluster {
    /// Starts the probe (Tests/FaultProbe), which the oracle knows by the role. The kernel ends it with this process.
    func startProbe(_ role: String, _ settings: [String: String]) async throws -> RunningProcess {
        let folder = Files.directory(of: try Files.executablePath())
        var all = settings
        all["agent"] = "\(namespace)/\(role)"
        all["kubeconfig"] = backend.kubeconfig
        return try await ChildProcess.spawn(
            ChildProcess.Configuration(
                executable: "\(folder)/fault-probe", arguments: all.map { "\($0.key)=\($0.value)" },
                environment: ["PATH": "/usr/bin:/bin"], closeOnParentDeath: true))
    }

    /// How much memory a process needs whose one cache is filled.
    func measureCache(_ settings: [String: String]) async throws -> CacheMemory {
        let process = try await startProbe("cache", settings)
        let code = await process.wait()
        let output = process.collected
        #expect(code == 0, "\(String(decoding: output.errors, as: UTF8.self))")
        let answer = try JSONValue.parse(output.output)
        func number(_ name: String) -> Int { Int(answer[name]?.integerValue ?? -1) }
        return CacheMemory(
            objects: number("objects"), before: number("before"), peak: number("peak"), steady: number("steady"))
    }
}

/// What of a process is in memory, in bytes: before its cache was filled, at most meanwhile, and in the end.
struct CacheMemory: Sendable, CustomStringConvertible {
    var objects: Int
    var before: Int
    var peak: Int
    var steady: Int

    var description: String {
        func text(_ bytes: Int) -> String { "\(Double(bytes >> 10) / 1024) MB" }
        return "\(objects) objects: \(text(before)), at most \(text(peak)), in the end \(text(steady))"
    }
}
