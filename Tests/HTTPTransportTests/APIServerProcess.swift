// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import HTTPTransport
import HTTPTypes
import SystemCalls

/// A real kube-apiserver with its etcd: the HTTP/2 server that this client is for. Its programs are found where
/// `KUBEBUILDER_ASSETS` says, the convention of controller projects.
struct APIServerProcess {
    static let assets: String? = environmentValue("KUBEBUILDER_ASSETS")

    let url: String
    let port: Int
    let tls: TLSOptions
    let server: RunningProcess
    private let store: RunningProcess

    /// Starts both, again where somebody else took a port in between.
    static func start(directory: String, client: HTTPClient, flags: [String] = []) async throws -> APIServerProcess {
        for attempt in 1...3 {
            let server = try? await APIServerProcess(
                directory: "\(directory)/\(attempt)", client: client, flags: flags)
            if let server { return server }
        }
        throw DidNotStart()
    }

    /// Starts both below `directory` and waits until the server is ready.
    init(directory: String, client: HTTPClient, flags: [String] = []) async throws {
        let assets = Self.assets ?? ""
        try Files.createDirectory(directory)
        let (storePort, peerPort) = (freePort(), freePort())
        port = freePort()
        store = try await ChildProcess.spawn(
            .init(
                executable: "\(assets)/etcd",
                arguments: [
                    "--data-dir=\(directory)/etcd", "--listen-client-urls=http://127.0.0.1:\(storePort)",
                    "--advertise-client-urls=http://127.0.0.1:\(storePort)",
                    "--listen-peer-urls=http://127.0.0.1:\(peerPort)", "--unsafe-no-fsync",
                ], output: .discard, errors: .discard, closeOnParentDeath: true))
        let key = try RSAPrivateKey.generate(bits: 2048)
        try Files.writeAtomically("\(directory)/sa.key", Array(try key.pem().utf8), mode: 0o600)
        try Files.writeAtomically("\(directory)/tokens", Array("test,admin,1".utf8), mode: 0o600)
        server = try await ChildProcess.spawn(
            .init(
                executable: "\(assets)/kube-apiserver",
                arguments: [
                    "--etcd-servers=http://127.0.0.1:\(storePort)", "--cert-dir=\(directory)",
                    "--bind-address=127.0.0.1", "--secure-port=\(port)", "--authorization-mode=AlwaysAllow",
                    "--service-account-issuer=https://localhost", "--service-account-key-file=\(directory)/sa.key",
                    "--service-account-signing-key-file=\(directory)/sa.key", "--service-cluster-ip-range=10.0.0.0/24",
                    "--token-auth-file=\(directory)/tokens",
                ] + flags, output: .discard, errors: .discard, closeOnParentDeath: true))
        url = "https://127.0.0.1:\(port)"
        tls = TLSOptions(caFile: "\(directory)/apiserver.crt")
        // It makes its certificate on its first start; until then there is nothing to trust.
        while (try? await client.send(request("/readyz")))?.status != .ok {
            if server.exitCode != nil || store.exitCode != nil { throw DidNotStart() }
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
    }

    /// The programs ended instead of serving.
    struct DidNotStart: Error {}

    func request(_ target: String, timeout: Duration? = .seconds(20), idleTimeout: Duration? = nil) -> ClientRequest {
        ClientRequest(
            url: url + target, headers: ["Authorization": "Bearer test"], timeout: timeout, idleTimeout: idleTimeout,
            tls: tls)
    }

    func stop() {
        server.signal(.kill)
        store.signal(.kill)
    }

    /// Connections of this process to the server, which also has one to itself.
    func connectionCount() throws -> Int {
        let remote = "0100007F:" + String(port, radix: 16, uppercase: true)
        let own = try Set(Files.list("/proc/self/fd").compactMap { try? Files.linkTarget("/proc/self/fd/\($0)") })
        return try Files.readText("/proc/self/net/tcp").split(separator: "\n").count { line in
            let fields = line.split(separator: " ")
            return fields.count > 9 && fields[2] == remote && fields[3] == "01" && own.contains("socket:[\(fields[9])]")
        }
    }
}
