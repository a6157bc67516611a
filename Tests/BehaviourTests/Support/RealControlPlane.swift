// SPDX-License-Identifier: MIT
import ChildProcesses
import Cryptography
import FoundationEssentials
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SystemCalls

/// etcd, kube-apiserver and, where it is there, kube-controller-manager as child processes on free loopback ports, with
/// all state in one folder.
///
/// The kernel kills the children when the test process ends, however it ends.
struct RealControlPlane {
    let configuration: ClusterConfiguration
    /// Whether namespaces are emptied and garbage is collected.
    let hasControllers: Bool
    private let directory: String
    private let processes: [RunningProcess]

    /// The controllers of the controller manager that the behaviour suite asks about.
    private static let controllers = [
        "namespace-controller", "garbage-collector-controller", "resourcequota-controller", "serviceaccount-controller",
    ]

    /// Starts the binaries of a folder and waits until the API server is ready.
    static func start(assets: String, http: HTTPClient) async throws -> RealControlPlane {
        for binary in ["etcd", "kube-apiserver"] where !Files.isExecutable("\(assets)/\(binary)") {
            throw ControlPlaneError(problem: "KUBEBUILDER_ASSETS=\(assets) has no \(binary)")
        }
        var lastProblem: any Error = ControlPlaneError(problem: "never started")
        // Ports are free when they are chosen; in the rare case that someone else takes one, others are tried.
        for _ in 0..<3 {
            do {
                return try await attempt(assets: assets, http: http)
            } catch {
                lastProblem = error
            }
        }
        throw lastProblem
    }

    private static func attempt(assets: String, http: HTTPClient) async throws -> RealControlPlane {
        let directory = try Files.temporaryDirectory(prefix: "control-plane")
        let ports = try await FreePorts.find(3)
        let credentials = try ControlPlaneFiles(directory: directory, port: ports[2])
        func spawn(_ binary: String, _ arguments: [String]) throws -> RunningProcess {
            try ChildProcess.spawn(
                ChildProcess.Configuration(
                    executable: "\(assets)/\(binary)", arguments: arguments,
                    environment: ["HOME": directory, "PATH": "/usr/bin:/bin"], workingDirectory: directory,
                    output: .file("\(directory)/\(binary).log"), errors: .output, closeOnParentDeath: true))
        }
        let clientURL = "http://127.0.0.1:\(ports[0])"
        var processes = [
            try spawn(
                "etcd",
                [
                    "--data-dir=\(directory)/etcd", "--listen-client-urls=\(clientURL)",
                    "--advertise-client-urls=\(clientURL)", "--listen-peer-urls=http://127.0.0.1:\(ports[1])",
                    "--unsafe-no-fsync",
                ]),
            try spawn("kube-apiserver", apiServerArguments(directory, etcd: clientURL, port: ports[2])),
        ]
        do {
            try await waitUntilReady(credentials.configuration, http: http, processes: processes, directory: directory)
            let hasControllers = Files.isExecutable("\(assets)/kube-controller-manager")
            if hasControllers {
                processes.append(
                    try spawn(
                        "kube-controller-manager",
                        [
                            "--kubeconfig=\(credentials.kubeconfig)",
                            "--controllers=\(controllers.joined(separator: ","))",
                            "--leader-elect=false", "--secure-port=0",
                            "--concurrent-gc-syncs=4", "--kube-api-qps=500", "--kube-api-burst=1000",
                        ]))
            }
            return RealControlPlane(
                configuration: credentials.configuration, hasControllers: hasControllers, directory: directory,
                processes: processes)
        } catch {
            await stop(processes, directory: directory)
            throw error
        }
    }

    private static func apiServerArguments(_ directory: String, etcd: String, port: Int) -> [String] {
        [
            "--etcd-servers=\(etcd)", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            "--secure-port=\(port)", "--cert-dir=\(directory)", "--tls-cert-file=\(directory)/server.crt",
            "--tls-private-key-file=\(directory)/server.key", "--client-ca-file=\(directory)/ca.crt",
            "--token-auth-file=\(directory)/tokens.csv", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=\(directory)/sa.pub",
            "--service-account-signing-key-file=\(directory)/sa.key", "--service-cluster-ip-range=10.0.0.0/24",
            "--allow-privileged=true", "--endpoint-reconciler-type=none", "--disable-admission-plugins=ServiceAccount",
        ]
    }

    private static func waitUntilReady(
        _ configuration: ClusterConfiguration, http: HTTPClient, processes: [RunningProcess], directory: String
    ) async throws {
        let client = APIClient(configuration: configuration, http: http, retryPolicy: .never)
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            for process in processes {
                if let code = process.exitCode {
                    let logs = ["etcd", "kube-apiserver"].map { (try? Files.readText("\(directory)/\($0).log")) ?? "" }
                    let ends = logs.map { $0.suffix(1000) }.joined(separator: "\n")
                    throw ControlPlaneError(problem: "a process ended with \(code): \(ends)")
                }
            }
            // "default" comes some time after /readyz: the suite wants it.
            if (try? await client.send(APIRequest(.get, "/readyz", timeout: .seconds(2)))) != nil,
                (try? await client.get(.namespace, ObjectKey("default"))) != nil
            {
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ControlPlaneError(problem: "not ready after a minute; logs in \(directory)")
    }

    /// Ends the processes and removes their state.
    func stop() async {
        await Self.stop(processes, directory: directory)
    }

    private static func stop(_ processes: [RunningProcess], directory: String) async {
        for process in processes.reversed() {
            process.terminate(grace: .seconds(1))
            _ = await process.wait()
        }
        try? Files.remove(directory)
    }
}

struct ControlPlaneError: Error, CustomStringConvertible {
    var problem: String
    var description: String { "control plane: \(problem)" }
}

/// Ports of loopback that nobody listens on at the moment.
enum FreePorts {
    static func find(_ count: Int) async throws -> [Int] {
        var ports: [Int] = []
        var tasks: [Task<Void, any Error>] = []
        // All held at once, so that they differ.
        for _ in 0..<count {
            let server = HTTPServer(configuration: ServerConfiguration(), logger: .disabled) { _ in .empty(.ok) }
            tasks.append(Task { try await server.run() })
            ports.append(try await server.waitUntilListening())
        }
        for task in tasks {
            task.cancel()
            _ = try? await task.value
        }
        return ports
    }
}
