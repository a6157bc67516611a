// SPDX-License-Identifier: MIT
import ControlPlane
import DevCluster
import FoundationEssentials
import JSONCoding
import KubernetesClient
import ServiceRuntime
import Synchronization
import SystemCalls

/// A request that reached the API server.
struct SeenRequest: Sendable, Hashable {
    var verb: String
    var target: String
    var userAgent: String
    /// Who asked; empty with the embedded server, which does not tell.
    var user = ""
    /// Seconds since 1970.
    var time: Double

    /// Whether it asks for everything anew: a list (its first page), or a watch that begins with what exists.
    var isWhole: Bool {
        verb == "list" ? query("continue") == nil : verb == "watch" && query("sendInitialEvents") == "true"
    }

    /// Whether it resumes: a watch from a version.
    var isResume: Bool { verb == "watch" && !isWhole }

    /// A part of the query; nil when it is not there.
    func query(_ name: String) -> String? {
        guard let query = target.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.first == Substring(name) { return parts.count == 2 ? String(parts[1]) : "" }
        }
        return nil
    }
}

/// The API server of a test: the embedded one or a real one, with what can be done to it.
protocol FaultBackend: Sendable {
    var isReal: Bool { get }
    var kubeconfig: String { get }
    var port: Int { get }
    /// Every request since the beginning.
    func requests() throws -> [SeenRequest]
    /// Ends the server as `kill -9` does.
    func kill() async
    /// Starts it again, on the same port and data.
    func start() async throws
    /// Makes every version that was told so far too old to resume from.
    func forgetHistory() async throws
    /// Keeps what is stored now, for ``restore()``.
    func save() async throws
    /// Goes back to what was saved, as after a restored backup.
    func restore() async throws
    func stop() async
}

/// The embedded server, in this process.
final class EmbeddedBackend: FaultBackend {
    private let directory: String
    private let configuration: DevAPIServer.Configuration
    private let running = Mutex<(server: DevAPIServer, task: Task<Void, any Error>)?>(nil)
    private let access = Mutex<DevAPIServer.Access?>(nil)
    private let recorder: Recorder

    final class Recorder: Sendable {
        let seen = Mutex<[SeenRequest]>([])
    }

    init(bookmarkInterval: Duration) throws {
        directory = try Files.temporaryDirectory(prefix: "faults")
        recorder = Recorder()
        var configuration = DevAPIServer.Configuration(directory: "\(directory)/state")
        configuration.bookmarkInterval = bookmarkInterval
        configuration.observeRequest = { [recorder] request in
            let seen = SeenRequest(
                verb: request.verb, target: request.target, userAgent: request.userAgent,
                time: Date().timeIntervalSince1970)
            recorder.seen.withLock { $0.append(seen) }
        }
        self.configuration = configuration
    }

    let isReal = false
    var kubeconfig: String { access.withLock { $0?.kubeconfig } ?? "" }
    var port: Int { access.withLock { $0?.url.split(separator: ":").last.flatMap { Int($0) } } ?? 0 }

    func requests() -> [SeenRequest] { recorder.seen.withLock { $0 } }

    func start() async throws {
        let server = try DevAPIServer(configuration: configuration, logger: .disabled)
        let task = Task { try await server.run() }
        running.withLock { $0 = (server, task) }
        let access = try await server.waitUntilReady()
        self.access.withLock { $0 = access }
    }

    func kill() async {
        let task = running.withLock { running in
            defer { running = nil }
            return running?.task
        }
        task?.cancel()
        _ = try? await task?.value
    }

    func forgetHistory() async throws {
        await kill()
        try await start()
        running.withLock { $0?.server }?.compactHistory()
    }

    func save() async throws {
        await kill()
        try Self.copy("\(directory)/state", to: "\(directory)/saved")
        try await start()
    }

    func restore() async throws {
        await kill()
        try Files.remove("\(directory)/state")
        try Self.copy("\(directory)/saved", to: "\(directory)/state")
        try await start()
    }

    private static func copy(_ source: String, to target: String) throws {
        guard Files.isDirectory(source) else {
            return try Files.writeAtomically(target, try Files.readBytes(source), mode: 0o600, durable: false)
        }
        try Files.createDirectory(target)
        for name in try Files.list(source) { try copy("\(source)/\(name)", to: "\(target)/\(name)") }
    }

    func stop() async {
        await kill()
        try? Files.remove(directory)
    }
}

/// A real control plane.
final class RealBackend: FaultBackend {
    let plane: ControlPlane

    init(_ plane: ControlPlane) { self.plane = plane }

    static func start() async throws -> RealBackend {
        guard var configuration = try ControlPlane.Configuration() else {
            throw ControlPlaneError(problem: "KUBEBUILDER_ASSETS names no control plane")
        }
        configuration.keepsAuditLog = true
        configuration.apiServerFlags["audit-log-mode"] = "blocking"
        return RealBackend(try await ControlPlane.start(configuration))
    }

    let isReal = true
    var kubeconfig: String { plane.kubeconfig }
    var port: Int { plane.url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    func requests() throws -> [SeenRequest] {
        try plane.apiServer.auditEntries().map { entry in
            let time = Timestamp(entry.receivedAt).map { Double($0.microseconds) / 1_000_000 } ?? 0
            return SeenRequest(
                verb: entry.verb, target: entry.target, userAgent: entry.userAgent, user: entry.user, time: time)
        }
    }

    func kill() async { await plane.apiServer.part.kill() }
    func start() async throws { try await plane.apiServer.start() }

    func forgetHistory() async throws {
        try await plane.etcd.compact()
        await kill()
        try await start()
    }

    func save() async throws { try await plane.etcd.save(to: "\(plane.directory)/saved") }

    func restore() async throws {
        await kill()
        try await plane.etcd.restore(from: "\(plane.directory)/saved")
        try await start()
    }

    func stop() async { await plane.stop() }
}
