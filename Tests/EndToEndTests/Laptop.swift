// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import Foundation
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import SystemCalls

/// One life of `codex-k8s dev` as a process of its own, on a state folder that outlives it.
struct Laptop: Sendable {
    let process: RunningProcess
    let environment: [String: String]
    let http: HTTPClient
    let api: APIClient
    let state: String

    struct NotReady: Error, CustomStringConvertible { let description: String }

    /// The folder of the programs that were built with the tests.
    static var programs: String { get throws { Files.directory(of: try Files.executablePath()) } }

    /// Starts it, waits until everything is ready, runs the body, stops it.
    static func run<T: Sendable>(
        state: String, arguments: [String] = [], _ body: @Sendable @escaping (Laptop) async throws -> T
    ) async throws -> T {
        let process = try await ChildProcess.spawn(
            .init(
                executable: "\(try programs)/codex-k8s", arguments: ["dev", "--state", state] + arguments,
                environment: ProcessIdentity.environment, output: .stream, errors: .output, closeOnParentDeath: true))
        return try await withThrowingTaskGroup(of: T?.self) { group in
            let (ready, announce) = AsyncStream<[String]>.makeStream()
            group.addTask {
                var tail: [String] = []
                for await line in process.output.lines {
                    tail = Array((tail + [line]).suffix(20))
                    if line.contains("everything is ready") { announce.yield([]) }
                }
                announce.yield(tail)
                announce.finish()
                return nil
            }
            defer { process.terminate(grace: .seconds(20)) }
            var iterator = ready.makeAsyncIterator()
            if let tail = await iterator.next(), !tail.isEmpty {
                throw NotReady(description: "codex-k8s dev ended before it was ready:\n\(tail.joined(separator: "\n"))")
            }
            let laptop = try Laptop(process: process, state: state)
            defer { laptop.http.shutdown() }
            let result = try await body(laptop)
            process.terminate(grace: .seconds(20))
            _ = await process.wait()
            return result
        }
    }

    private init(process: RunningProcess, state: String) throws {
        self.process = process
        self.state = state
        var values: [String: String] = [:]
        for line in try Files.readText("\(state)/env.sh").split(separator: "\n") {
            let pair = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
            values[String(pair[0])] = String(pair[1].dropFirst().dropLast())
        }
        environment = values
        http = HTTPClient(configuration: .init(userAgent: "end-to-end-tests"))
        api = APIClient(configuration: try Kubeconfig.load(path: values["KUBECONFIG"] ?? ""), http: http)
    }

    /// A request to the forge as the repository's owner.
    @discardableResult
    func forge(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let response = try await http.send(
            ClientRequest(
                method: method, url: "\(environment["CODEXK8S_FORGE_URL"] ?? "")/repos/acme/shop\(path)",
                headers: [
                    "Authorization": "Bearer \(environment["CODEXK8S_FORGE_TOKEN"] ?? "")",
                    "Content-Type": "application/json",
                ], body: body?.encoded()))
        guard response.status.isSuccess else {
            throw NotReady(description: "\(method) \(path): \(response.status) \(String(decoding: response.body, as: UTF8.self))")
        }
        return response.body.isEmpty ? .null : try JSONValue.parse(response.body)
    }

    func openIssue(_ text: String) async throws -> Int {
        let issue = try await forge(.post, "/issues", ["title": "A small change", "body": .string(text)])
        return Int(issue["number"]?.integerValue ?? 0)
    }

    func label(_ label: String, issue: Int) async throws {
        try await forge(.post, "/issues/\(issue)/labels", ["labels": [.string(label)]])
    }

    /// Returns when a namespace holds no pod any more.
    func waitUntilNoPod(in namespace: String) async throws {
        let client = api.resource(Pod.self, namespace: namespace)
        while true {
            let page = try await client.list()
            if page.items.isEmpty { return }
            var options = WatchOptions()
            options.resourceVersion = page.resourceVersion
            for try await event in try await client.watch(options) { if case .deleted = event { break } }
        }
    }

    /// The run of an issue, once it has ended; runs that were rejected as duplicates do not count.
    func endedRun(
        issue: Int, revise: Bool = false, where isMeant: (AgentRun) -> Bool = { _ in true }
    ) async throws -> AgentRun {
        let client = api.resource(AgentRun.self, namespace: "codex-k8s")
        func isIt(_ run: AgentRun) -> Bool {
            run.spec.issue == issue && (run.spec.trigger.revise ?? false) == revise && run.phase.isTerminal
                && run.phase != .rejected && isMeant(run) && !run.metadata.finalizers.contains(Keys.cleanupFinalizer)
        }
        while true {
            let page = try await client.list()
            if let found = page.items.first(where: isIt) { return found }
            var options = WatchOptions()
            options.resourceVersion = page.resourceVersion
            for try await event in try await client.watch(options) {
                switch event {
                case .added(let run), .modified(let run): if isIt(run) { return run }
                default: continue
                }
            }
        }
    }
}
