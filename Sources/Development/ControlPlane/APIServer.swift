// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SystemCalls

/// One kube-apiserver of a control plane. Several may serve the same etcd.
package final class APIServer: Sendable {
    /// The program: to be killed, frozen, stopped.
    package let part: ControlPlanePart
    /// `https://127.0.0.1:PORT`.
    package let url: String
    /// A kubeconfig file of the administrator.
    package let kubeconfig: String
    private let folder: ControlPlaneFolder
    private let auditLog: String
    private let startTimeout: Duration

    init(
        name: String, port: Int, etcdURL: String, configuration: ControlPlane.Configuration,
        folder: ControlPlaneFolder
    ) throws {
        self.folder = folder
        startTimeout = configuration.startTimeout
        auditLog = "\(folder.path)/\(name).audit.log"
        url = "https://127.0.0.1:\(port)"
        kubeconfig = try folder.writeKubeconfig("\(name).kubeconfig", server: url, user: .admin)
        let path = folder.path
        var flags = [
            "etcd-servers": etcdURL, "bind-address": "127.0.0.1", "advertise-address": "127.0.0.1",
            "secure-port": "\(port)", "cert-dir": path, "tls-cert-file": "\(path)/server.crt",
            "tls-private-key-file": "\(path)/server.key", "client-ca-file": "\(path)/ca.crt",
            "token-auth-file": "\(path)/tokens.csv", "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc", "service-account-key-file": "\(path)/sa.pub",
            "service-account-signing-key-file": "\(path)/sa.key", "service-cluster-ip-range": "10.0.0.0/24",
            "allow-privileged": "true", "endpoint-reconciler-type": "none",
            // Without its controller there are no service accounts in new namespaces, and pods would be refused.
            "disable-admission-plugins": "ServiceAccount",
        ]
        if configuration.keepsAuditLog {
            flags["audit-log-path"] = auditLog
            flags["audit-policy-file"] = "\(path)/audit-policy.yaml"
        }
        if !configuration.featureGates.isEmpty {
            flags["feature-gates"] = configuration.featureGates.sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        }
        flags.merge(configuration.apiServerFlags) { $1 }
        part = ControlPlanePart(
            name: name, executable: configuration.binaries.apiServer, flags: flags, directory: path,
            stopTimeout: configuration.stopTimeout)
    }

    /// Starts the server, or starts it again on the same port and data, and returns when it serves everything that a
    /// cluster has from the beginning.
    package func start() async throws {
        try await part.start()
        let http = HTTPClient(configuration: .init(connectTimeout: .seconds(2)))
        defer { http.shutdown() }
        let deadline = ContinuousClock.now + startTimeout
        while ContinuousClock.now < deadline {
            try part.checkAlive()
            // The namespace comes some time after /readyz.
            if await answers("/readyz", http), await answers("/api/v1/namespaces/default", http) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ControlPlaneError(problem: "\(part.name) is not ready after \(startTimeout); look into \(part.log)")
    }

    private func answers(_ path: String, _ http: HTTPClient) async -> Bool {
        guard let token = try? folder.token(of: .admin) else { return false }
        let request = ClientRequest(
            url: url + path, headers: ["Authorization": "Bearer \(token.reveal())"], timeout: .seconds(2),
            tls: TLSOptions(caFile: "\(folder.path)/ca.crt"))
        return (try? await http.send(request))?.status == .ok
    }

    /// A kubeconfig file of a user.
    ///
    /// - Parameter server: another URL that leads here, such as a proxy's on `127.0.0.1`.
    package func kubeconfig(of user: ControlPlane.User, server: String? = nil) throws -> String {
        let name = "\(part.name)-\(user.name)\(server == nil ? "" : "-by-another-way").kubeconfig"
        return try folder.writeKubeconfig(name, server: server ?? url, user: user)
    }

    /// The requests so far, in order of arrival. Needs the configuration's `keepsAuditLog`.
    package func auditEntries() throws -> [AuditEntry] {
        guard Files.exists(auditLog) else { return [] }
        return try Files.readBytes(auditLog).split(separator: UInt8(ascii: "\n")).compactMap { line in
            // The last line may be half written; entries of a request's end only repeat what its arrival said.
            guard let event = try? JSONValue.parse(Array(line)), event["stage"] == "RequestReceived" else { return nil }
            return AuditEntry(event)
        }
    }
}

/// A request as an API server's audit log has it.
package struct AuditEntry: Sendable, Hashable {
    /// The Kubernetes verb: `list`, `watch`, `get`, `create` and so on.
    package var verb: String
    /// Path and query.
    package var target: String
    /// Who asked.
    package var user: String
    /// The User-Agent field.
    package var userAgent: String
    /// When it arrived, in RFC 3339 with microseconds.
    package var receivedAt: String

    init(_ event: JSONValue) {
        func text(_ path: String...) -> String { event.at(path)?.stringValue ?? "" }
        verb = text("verb")
        target = text("requestURI")
        user = text("user", "username")
        userAgent = text("userAgent")
        receivedAt = text("requestReceivedTimestamp")
    }
}
