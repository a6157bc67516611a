// SPDX-License-Identifier: MIT
import ChildProcesses
import HTTPTransport
import HTTPTypes
import JSONCoding
import SystemCalls

/// The store of a control plane.
package final class Etcd: Sendable {
    /// The program: to be killed, frozen, stopped, started again.
    package let part: ControlPlanePart
    /// Where clients find it, without encryption.
    package let url: String
    private let data: String

    init(configuration: ControlPlane.Configuration, directory: String, clientPort: Int, peerPort: Int) {
        url = "http://127.0.0.1:\(clientPort)"
        data = "\(directory)/etcd"
        var flags = [
            "data-dir": data, "listen-client-urls": url, "advertise-client-urls": url,
            "listen-peer-urls": "http://127.0.0.1:\(peerPort)",
            // The data outlive the process, not the machine: nothing else is asked of a test.
            "unsafe-no-fsync": "true",
        ]
        flags.merge(configuration.etcdFlags) { $1 }
        part = ControlPlanePart(
            name: "etcd", executable: configuration.binaries.etcd, flags: flags, directory: directory,
            stopTimeout: configuration.stopTimeout)
    }

    /// The newest revision: what Kubernetes shows as resource version.
    package func revision() async throws -> Int64 {
        let answer = try await call("/v3/kv/range", ["key": "AA=="])
        guard let text = answer.at("header", "revision")?.stringValue, let revision = Int64(text) else {
            throw ControlPlaneError(problem: "etcd told no revision: \(answer)")
        }
        return revision
    }

    /// Forgets the history up to now, so that every older resource version has expired.
    package func compact() async throws {
        _ = try await call("/v3/kv/compaction", ["revision": .string(String(try await revision())), "physical": true])
    }

    /// Copies the data to a folder, for which the store stops and starts again.
    package func save(to folder: String) async throws {
        await part.stop()
        try await copy(data, to: folder)
        try await part.start()
        _ = try await revision()
    }

    /// Goes back to data that were saved before, as after a restored backup: newer writes are gone, and resource
    /// versions count from where they were. API servers have to be started again, as their caches know better.
    package func restore(from folder: String) async throws {
        await part.stop()
        try Files.remove(data)
        try await copy(folder, to: data)
        try await part.start()
        // An API server that finds no store gives up after a while.
        _ = try await revision()
    }

    private func copy(_ source: String, to target: String) async throws {
        let result = try await ChildProcess.run(
            ChildProcess.Configuration(executable: "cp", arguments: ["-a", source, target]), timeout: .seconds(30))
        guard result.exitCode == 0 else {
            throw ControlPlaneError(problem: "copying \(source) to \(target) failed: \(result.errorText)")
        }
    }

    /// Calls etcd's JSON gateway; waits until it serves.
    private func call(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let http = HTTPClient()
        defer { http.shutdown() }
        let request = ClientRequest(method: .post, url: url + path, body: body.encoded(), timeout: .seconds(10))
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            try part.checkAlive()
            do {
                let response = try await http.send(request)
                guard response.status == .ok else {
                    let text = String(decoding: response.body.prefix(300), as: UTF8.self)
                    throw ControlPlaneError(problem: "etcd answered \(response.status.rawValue) to \(path): \(text)")
                }
                return try JSONValue.parse(response.body)
            } catch let error as HTTPClientError {
                if ContinuousClock.now > deadline { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
