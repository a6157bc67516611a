// SPDX-License-Identifier: MIT
import JSONCoding
package import ServiceRuntime

/// The working half of the embedded cluster: the Job controller and the process kubelet on one API server.
package final class DevNode: Service {
    private let server: DevAPIServer
    private let stateDirectory: String
    private let logger: Logger

    /// - Parameter stateDirectory: folder of the pods' files.
    package init(server: DevAPIServer, stateDirectory: String, logger: Logger) {
        self.server = server
        self.stateDirectory = stateDirectory
        self.logger = logger
    }

    /// Waits for the server, then works until the task is cancelled; no process of a pod outlives the call.
    package func run() async throws {
        let access = try await server.waitUntilReady()
        var configuration = KubeletConfiguration(stateDirectory: stateDirectory)
        let address = access.url.split(separator: "/").last?.split(separator: ":") ?? []
        if address.count == 2, let port = Int(address[1]) { configuration.apiServer = (String(address[0]), port) }
        configuration.issueToken = { [server] (pod, audience, lifetime) throws(StatusError) in
            let account = pod.at("spec", "serviceAccountName")?.stringValue ?? "default"
            return try server.issueToken(
                namespace: pod.namespace, serviceAccount: account, lifetime: .seconds(lifetime), pod: pod
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
}
