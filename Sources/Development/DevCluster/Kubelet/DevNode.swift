// SPDX-License-Identifier: MIT
import JSONCoding
package import ServiceRuntime
import SystemCalls

/// The working half of the embedded cluster: the Job controller and the process kubelet on one API server.
package final class DevNode: Service {
    private let server: DevAPIServer
    private let stateDirectory: String
    private let programDirectories: [String]
    private let logger: Logger

    /// - Parameters:
    ///   - stateDirectory: folder of the pods' files.
    ///   - programDirectories: folders with programs that the containers' images would hold.
    package init(server: DevAPIServer, stateDirectory: String, programDirectories: [String] = [], logger: Logger) {
        self.server = server
        self.stateDirectory = stateDirectory
        self.programDirectories = programDirectories
        self.logger = logger
    }

    /// Waits for the server, then works until the task is cancelled; no process of a pod outlives the call.
    package func run() async throws {
        let access = try await server.waitUntilReady()
        var configuration = KubeletConfiguration(stateDirectory: stateDirectory)
        configuration.programDirectories = programDirectories
        configuration.separatesUsers = canSeparateUsers(configuration)
        let address = access.url.split(separator: "/").last?.split(separator: ":") ?? []
        if address.count == 2, let port = Int(address[1]) { configuration.apiServer = (String(address[0]), port) }
        configuration.issueToken = { [server] (pod, audience, lifetime) throws(StatusError) in
            let account = pod.at("spec", "serviceAccountName")?.stringValue ?? "default"
            return try server.issueToken(
                namespace: pod.namespace, serviceAccount: account, audiences: audience.map { [$0] } ?? [],
                lifetime: .seconds(lifetime),
                pod: pod
            ).reveal()
        }
        let kubelet = ProcessKubelet(store: server.cluster, configuration: configuration, logger: logger)
        server.setLogs(kubelet)
        let jobs = JobController(store: server.cluster, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await kubelet.run() }
            group.addTask { try await jobs.run() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Whether containers can have users of their own: root alone can give them, and they have to get at their files.
    private func canSeparateUsers(_ configuration: KubeletConfiguration) -> Bool {
        guard ProcessIdentity.userID == 0 else { return false }
        let paths = [configuration.stateDirectory, configuration.executableDirectory] + configuration.programDirectories
        guard let barrier = paths.lazy.compactMap({ Files.barrier(to: $0) }).first else { return true }
        logger.warning(
            "all containers run as root: other users cannot enter a folder on the way to their files",
            ["folder": barrier, "remedy": "chmod o+x it, or use --state and a checkout below folders that others can enter"])
        return false
    }
}
