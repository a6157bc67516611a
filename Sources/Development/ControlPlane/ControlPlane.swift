// SPDX-License-Identifier: MIT
import ChildProcesses
import Synchronization
import SystemCalls

/// A real control plane for tests: etcd, kube-apiserver and, where it is there, kube-controller-manager as child
/// processes on free loopback ports, with all state in one folder. Each part can be killed, frozen and started again.
///
/// There are no nodes and no scheduler, as with envtest: pods stay pending.
package final class ControlPlane: Sendable {
    /// The folder of all state, logs included.
    package let directory: String
    /// The store.
    package let etcd: Etcd
    /// The first API server.
    package let apiServer: APIServer
    /// The controllers; nil where the program is not there.
    package let controllerManager: ControlPlanePart?
    private let configuration: Configuration
    private let folder: ControlPlaneFolder
    private let others = Mutex<[APIServer]>([])

    /// A kubeconfig file of the administrator.
    package var kubeconfig: String { apiServer.kubeconfig }
    /// Where the first API server listens.
    package var url: String { apiServer.url }
    /// Whether namespaces are emptied and garbage is collected.
    package var hasControllers: Bool { controllerManager != nil }

    private init(_ configuration: Configuration, directory: String, ports: [Int]) throws {
        self.configuration = configuration
        self.directory = directory
        folder = try ControlPlaneFolder(
            directory, users: configuration.users, keepsAuditLog: configuration.keepsAuditLog)
        etcd = Etcd(configuration: configuration, directory: directory, clientPort: ports[0], peerPort: ports[1])
        apiServer = try APIServer(
            name: "kube-apiserver", port: ports[2], etcdURL: etcd.url, configuration: configuration, folder: folder)
        controllerManager = configuration.binaries.controllerManager.map { binary in
            ControlPlanePart(
                name: "kube-controller-manager", executable: binary,
                flags: [
                    "kubeconfig": "\(directory)/kube-apiserver.kubeconfig",
                    "controllers": configuration.controllers.joined(separator: ","),
                    "leader-elect": "false", "secure-port": "0", "concurrent-gc-syncs": "4",
                    "kube-api-qps": "500", "kube-api-burst": "1000",
                ], directory: directory, stopTimeout: configuration.stopTimeout)
        }
    }

    /// Starts the programs of a folder.
    package static func start(assets: String) async throws -> ControlPlane {
        try await start(Configuration(binaries: Binaries(folder: assets)))
    }

    /// Starts a control plane and returns when its API server serves.
    ///
    /// - Throws: `ControlPlaneError` when a program is missing, ends by itself, or is not ready in time.
    package static func start(_ configuration: Configuration) async throws -> ControlPlane {
        if let missing = configuration.binaries.missing {
            throw ControlPlaneError(problem: "\(missing) is not there or not executable; is KUBEBUILDER_ASSETS right?")
        }
        var problem: any Error = ControlPlaneError(problem: "never started")
        // Ports are free when they are chosen; in the rare case that someone else takes one, others are tried.
        for _ in 0..<3 {
            do {
                return try await attempt(configuration)
            } catch {
                if Task.isCancelled { throw error }
                problem = error
            }
        }
        throw problem
    }

    private static func attempt(_ configuration: Configuration) async throws -> ControlPlane {
        let directory = try configuration.directory ?? Files.temporaryDirectory(prefix: "control-plane")
        let plane = try ControlPlane(configuration, directory: directory, ports: try await FreePorts.find(3))
        do {
            try await plane.start()
        } catch {
            await plane.stop()
            throw error
        }
        return plane
    }

    private func start() async throws {
        try await etcd.part.start()
        do {
            try await apiServer.start()
        } catch {
            // An API server without its store never gets ready: the store's own reason says more.
            try etcd.part.checkAlive()
            throw error
        }
        try await controllerManager?.start()
    }

    /// Starts one more API server on the same store.
    ///
    /// - Parameter etcdURL: another way to the store, such as a proxy that can be held.
    package func addAPIServer(etcdURL: String? = nil) async throws -> APIServer {
        let port = try await FreePorts.find(1)[0]
        let server = try others.withLock { others in
            let server = try APIServer(
                name: "kube-apiserver-\(others.count + 2)", port: port, etcdURL: etcdURL ?? etcd.url,
                configuration: configuration, folder: folder)
            others.append(server)
            return server
        }
        try await server.start()
        return server
    }

    /// Ends every part, frozen ones too, and removes the folder unless the configuration named it.
    package func stop() async {
        await controllerManager?.stop()
        for server in others.withLock({ $0 }) { await server.part.stop() }
        await apiServer.part.stop()
        await etcd.part.stop()
        if configuration.directory == nil { try? Files.remove(directory) }
    }
}
