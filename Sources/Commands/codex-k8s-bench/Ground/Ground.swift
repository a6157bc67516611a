// SPDX-License-Identifier: MIT
import ChildProcesses
import ControlPlane
import Cryptography
import DevPostgres
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesClient
import Postgres
import ServiceRuntime
import SystemCalls
import YAMLCoding

/// A fresh server with everything that the operator needs installed: what one group of workloads runs on.
final class Ground: Sendable {
    let settings: BenchSettings
    let directory: String
    /// The administrator's kubeconfig file.
    let kubeconfig: String
    /// The administrator, as libcurl sees the server.
    let admin: BareServer
    let http: HTTPClient
    let api: APIClient
    let forge: Forge
    let configurationFile: String
    let databaseURL: String
    private let cluster: Child?
    private let controlPlane: ControlPlane?
    private let forgeProcess: Child
    private let postgres: Task<Void, any Error>

    static let namespace = "codex-k8s"
    /// Runs of one agent in one repository are bounded by 100: more agents take more.
    static let runsAnAgent = 100

    /// Starts everything; `agents` bounds how many runs can go on at once.
    static func start(_ settings: BenchSettings, name: String, agents: Int) async throws -> Ground {
        let directory = "\(settings.directory)/\(name)"
        try Files.createDirectory(directory, mode: 0o755)
        let postgres = DevPostgres(directory: "\(directory)/postgres", logger: Logger(label: "postgres", level: .error))
        let serving = Task { try await postgres.run() }
        var started: [Child] = []
        var controlPlane: ControlPlane?
        do {
            let program = "\(settings.binaries)/codex-k8s-bench"
            let forgeFolder = "\(directory)/forge"
            try Files.createDirectory(forgeFolder)
            let forgeProcess = try await Child.start(program, ["forge", "--state", forgeFolder], log: "\(directory)/forge.log")
            started.append(forgeProcess)
            var cluster: Child?
            let kubeconfig: String
            if let configuration = settings.controlPlane {
                let plane = try await ControlPlane.start(configuration)
                controlPlane = plane
                kubeconfig = plane.kubeconfig
            } else {
                let folder = "\(directory)/cluster"
                try Files.createDirectory(folder)
                let child = try await Child.start(program, ["cluster", "--state", folder], log: "\(directory)/cluster.log")
                started.append(child)
                cluster = child
                kubeconfig = try await child.wait(for: "starting the embedded cluster") {
                    Files.exists("\(folder)/ready") ? try Files.readText("\(folder)/ready") : nil
                }
            }
            let ready = try await forgeProcess.wait(for: "starting the forge") {
                Files.exists("\(forgeFolder)/ready") ? try Files.readBytes("\(forgeFolder)/ready") : nil
            }
            let http = HTTPClient(configuration: .init(userAgent: "codex-k8s-bench"))
            let configuration = try Kubeconfig.load(path: kubeconfig)
            let api = APIClient(configuration: configuration, http: http)
            try await Installation(api: api, resources: settings.resources).install()
            let databaseURL = try await postgres.waitUntilReady()
            try await migrate(databaseURL, settings)
            let forge = try Forge(JSONValue.parse(ready), http: http)
            let file = "\(directory)/config.yaml"
            try Files.writeAtomically(
                file, Array(YAMLWriter.text(forge.operatorConfiguration(agents: agents)).utf8), mode: 0o644)
            return Ground(
                settings: settings, directory: directory, kubeconfig: kubeconfig,
                admin: try BareServer(configuration), http: http, api: api, forge: forge, configurationFile: file,
                databaseURL: databaseURL, cluster: cluster, controlPlane: controlPlane, forgeProcess: forgeProcess,
                postgres: serving)
        } catch {
            for child in started { await child.stop() }
            await controlPlane?.stop()
            serving.cancel()
            _ = try? await serving.value
            throw error
        }
    }

    private init(
        settings: BenchSettings, directory: String, kubeconfig: String, admin: BareServer, http: HTTPClient,
        api: APIClient, forge: Forge, configurationFile: String, databaseURL: String, cluster: Child?,
        controlPlane: ControlPlane?, forgeProcess: Child, postgres: Task<Void, any Error>
    ) {
        self.settings = settings
        self.directory = directory
        self.kubeconfig = kubeconfig
        self.admin = admin
        self.http = http
        self.api = api
        self.forge = forge
        self.configurationFile = configurationFile
        self.databaseURL = databaseURL
        self.cluster = cluster
        self.controlPlane = controlPlane
        self.forgeProcess = forgeProcess
        self.postgres = postgres
    }

    /// Uses a ground and stops it, whatever happens.
    static func with<T: Sendable>(
        _ settings: BenchSettings, name: String, agents: Int = 1, _ body: (Ground) async throws -> T
    ) async throws -> T {
        let ground = try await start(settings, name: name, agents: agents)
        do {
            let value = try await body(ground)
            await ground.stop()
            return value
        } catch {
            await ground.stop()
            throw error
        }
    }

    private func stop() async {
        http.shutdown()
        await forgeProcess.stop()
        await cluster?.stop()
        await controlPlane?.stop()
        postgres.cancel()
        _ = try? await postgres.value
    }

    private static func migrate(_ url: String, _ settings: BenchSettings) async throws {
        let client = PostgresClient(url: Secret(url))
        defer { client.shutdown() }
        _ = try await Migrator(.directory("\(settings.resources)/migrations")).migrate(on: client)
    }

    /// A kubeconfig file for a service account of the operator's own, so that its own rights are what it runs with.
    ///
    /// - Parameter server: another address that leads to the server, such as the recording proxy's.
    func kubeconfig(of serviceAccount: String, server: String? = nil) async throws -> String {
        let answer = try await api.request(
            .post, "/api/v1/namespaces/codex-k8s-system/serviceaccounts/\(serviceAccount)/token",
            body: [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": ["expirationSeconds": 36000],
            ])
        guard let token = answer.at("status", "token")?.stringValue else { throw BrokenRun("no token for \(serviceAccount)") }
        var cluster: JSONValue = ["server": .string(server ?? admin.url)]
        if server == nil, let pem = admin.tls?.caPEM {
            cluster["certificate-authority-data"] = .string(Base64.encode(Array(pem.utf8)))
        }
        let document: JSONValue = [
            "apiVersion": "v1", "kind": "Config", "current-context": "bench",
            "contexts": [["name": "bench", "context": ["cluster": "bench", "user": "bench"]]],
            "clusters": [["name": "bench", "cluster": cluster]],
            "users": [["name": "bench", "user": ["token": .string(token)]]],
        ]
        let path = "\(directory)/\(serviceAccount)\(server == nil ? "" : "-by-proxy").kubeconfig"
        try Files.writeAtomically(path, document.encoded(), mode: 0o600)
        return path
    }

    /// The API server as a service account.
    func bare(as serviceAccount: String) async throws -> BareServer {
        try BareServer(Kubeconfig.load(path: try await kubeconfig(of: serviceAccount)))
    }
}

/// The forge stand-in, as the benchmark uses it: issues with labels.
struct Forge: Sendable {
    let url: String
    let repository: String
    let repositoryID: Int64
    let owner: String
    private let token: Secret<String>
    private let appID: Int64
    private let privateKeyFile: String
    private let http: HTTPClient

    init(_ ready: JSONValue, http: HTTPClient) throws {
        func text(_ name: String) throws -> String {
            guard let value = ready[name]?.stringValue else { throw BrokenRun("the forge did not say its \(name)") }
            return value
        }
        url = try text("url")
        repository = try text("repository")
        owner = try text("owner")
        token = Secret(try text("token"))
        privateKeyFile = try text("privateKeyFile")
        repositoryID = ready["repositoryID"]?.integerValue ?? 0
        appID = ready["appID"]?.integerValue ?? 0
        self.http = http
    }

    /// The operator's configuration: agents without an environment, and healing at the start alone, because the load
    /// comes from the generator.
    func operatorConfiguration(agents: Int) -> JSONValue {
        var catalogue: JSONObject = [:]
        for number in 0..<agents {
            catalogue["bench\(number)"] = ["mode": "CodeOnly", "parallelRuns": .integer(Int64(Ground.runsAnAgent))]
        }
        return [
            "namespace": .string(Ground.namespace), "systemNamespace": "codex-k8s-system", "healingInterval": "24h",
            "github": [
                "apiURL": .string(url), "gitURL": .string(url), "appID": .integer(appID),
                "privateKeyFile": .string(privateKeyFile),
            ],
            "repositories": [["name": .string(repository), "id": .integer(repositoryID)]],
            "actors": ["owner": .string(owner), "minimumPermission": "write"],
            "agents": .object(catalogue),
        ]
    }

    /// Opens issues and labels them `run:dev`, many at a time.
    func openLabelledIssues(_ count: Int) async throws -> [Int] {
        try await mapConcurrently(0..<count, width: 16) { _ in
            let issue = try await post(
                "/issues", ["title": "Add a greeting", "body": "create hello.txt with Hello World"])
            guard let number = issue["number"]?.integerValue else { throw BrokenRun("the forge opened no issue") }
            _ = try await post("/issues/\(number)/labels", ["labels": ["run:dev"]])
            return Int(number)
        }
    }

    private func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let answer = try await http.send(
            ClientRequest(
                method: .post, url: "\(url)/repos/\(repository)\(path)",
                headers: ["Authorization": "Bearer \(token.reveal())", "Content-Type": "application/json"],
                body: body.encoded()))
        guard answer.status.isSuccess else { throw BrokenRun("forge: POST \(path): \(answer.status)") }
        return try JSONValue.parse(answer.body)
    }
}

/// Applies a function to all elements, `width` at a time, and keeps their order.
func mapConcurrently<Element: Sendable, Result: Sendable>(
    _ elements: some Collection<Element>, width: Int, _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [Result?] = Array(repeating: nil, count: elements.count)
        var rest = elements.enumerated().makeIterator()
        func startNext() {
            guard let (index, element) = rest.next() else { return }
            group.addTask { (index, try await body(element)) }
        }
        for _ in 0..<width { startNext() }
        while let (index, result) = try await group.next() {
            results[index] = result
            startNext()
        }
        return results.compactMap { $0 }
    }
}
