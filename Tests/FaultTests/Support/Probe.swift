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

    /// How much a cache of its own process needs, in bytes, at most and in the end.
    func measureCache(_ settings: [String: String]) async throws -> (objects: Int, peak: Int, steady: Int) {
        let process = try await startProbe("cache", settings)
        let code = await process.wait()
        let output = process.collected
        #expect(code == 0, "\(String(decoding: output.errors, as: UTF8.self))")
        let answer = try JSONValue.parse(output.output)
        func number(_ name: String) -> Int { Int(answer[name]?.integerValue ?? -1) }
        return (number("objects"), number("peak"), number("steady"))
    }
}
