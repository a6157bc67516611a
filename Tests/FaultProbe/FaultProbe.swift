// SPDX-License-Identifier: MIT
import ControllerRuntime
import HTTPTransport
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SystemCalls

/// A process for tests to stop, freeze and measure: a leader that writes, or a cache and nothing else.
@main struct FaultProbe {
    static func main() async {
        do {
            let settings = Settings(CommandLine.arguments)
            switch settings["mode"] {
            case "lead": try await Leading(settings).run()
            default: try await Caching(settings).run()
            }
            ProcessIdentity.exitNow(0)
        } catch {
            StandardStreams.writeErrorLine("\(error)")
            ProcessIdentity.exitNow(1)
        }
    }
}

/// Arguments of the form `name=value`.
struct Settings: Sendable {
    private let values: [String: String]

    init(_ arguments: [String]) {
        var values: [String: String] = [:]
        for argument in arguments.dropFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        self.values = values
    }

    subscript(name: String) -> String { values[name] ?? "" }
    func seconds(_ name: String) -> Duration { .seconds(Double(values[name] ?? "") ?? 0) }

    /// A client of the kubeconfig, with connections of its own, perhaps by another way.
    func client(
        serverSetting: String, retryPolicy: RetryPolicy, guardedBy fence: (any WriteGuard)?
    ) throws -> APIClient {
        var configuration = try Kubeconfig.load(path: self["kubeconfig"])
        if !self[serverSetting].isEmpty { configuration.server = self[serverSetting] }
        let http = HTTPClient(configuration: .init(userAgent: self["agent"], connectTimeout: .seconds(2)))
        return APIClient(configuration: configuration, http: http, retryPolicy: retryPolicy, writeGuard: fence)
    }
}

/// Writes as fast as its interval says while it leads, and ends when the lead is lost.
struct Leading: Sendable {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        let shift = Double(settings["clock-shift"]) ?? 0
        let election = LeaderElection(
            api: try settings.client(serverSetting: "lease-server", retryPolicy: .never, guardedBy: nil),
            namespace: settings["namespace"], name: "leader", identity: settings["identity"],
            timing: ElectionTiming(
                leaseDuration: settings.seconds("lease"), renewDeadline: settings.seconds("renew"),
                retryPeriod: settings.seconds("retry")),
            clock: WallClock { Timestamp.now.adding(.seconds(shift)) })
        let client = try settings.client(
            serverSetting: "server", retryPolicy: RetryPolicy(), guardedBy: election.fence)
        let manager = Manager(leadership: election)
        manager.add(leader: Writer(client: client, settings: settings))
        let signals = await SignalSequence([.terminate])
        let running = Task { try await manager.run() }
        let stopping = Task {
            for await _ in signals { running.cancel() }
        }
        defer { stopping.cancel() }
        try await running.value
    }

    struct Writer: Service {
        let client: APIClient
        let settings: Settings

        func run() async throws {
            var count = 0
            while !Task.isCancelled {
                count += 1
                await write("\(count)")
                try? await Task.sleep(for: settings.seconds("interval"))
            }
            // Work that was begun and takes its time; a task of its own does not hear of the cancellation.
            let last = Task {
                try? await Task.sleep(for: settings.seconds("last-work"))
                await write("last")
            }
            await last.value
        }

        private func write(_ value: String) async {
            let maps = client.objects(.configMap, namespace: settings["namespace"])
            let content: JSONValue = ["data": ["by": .string(settings["identity"]), "value": .string(value)]]
            // A refused write is what the test is about; the next one is tried all the same.
            _ = try? await maps.apply(content, name: "ledger", fieldManager: "probe", force: true)
        }
    }
}

/// Fills a cache of secrets and says how much memory that took.
struct Caching: Sendable {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        var transform: (@Sendable (inout KubernetesSecret) -> Void)?
        if settings["drop-data"] == "true" { transform = { secret in secret.data = [:] } }
        let client = try settings.client(serverSetting: "server", retryPolicy: RetryPolicy(), guardedBy: nil)
        // Connections and what is made once are there before it counts.
        _ = try await client.version()
        let namespace = settings["namespace"].isEmpty ? nil : settings["namespace"]
        let before = Self.residentBytes
        let informer = Informer(
            client, KubernetesSecret.self, namespace: namespace,
            labelSelector: try LabelSelector(parsing: settings["selector"]), transform: transform)
        let running = Task { try await informer.run() }
        let sampling = Task {
            var peak = 0
            while !Task.isCancelled {
                peak = max(peak, Self.residentBytes)
                try? await Task.sleep(for: .milliseconds(2))
            }
            return max(peak, Self.residentBytes)
        }
        try await informer.waitUntilSynced()
        sampling.cancel()
        let peak = await sampling.value
        let answer: JSONValue = [
            "objects": .integer(Int64(informer.store.count)), "before": .integer(Int64(before)),
            "peak": .integer(Int64(peak)), "steady": .integer(Int64(Self.residentBytes)),
        ]
        StandardStreams.writeOutputLine(answer.encodedString())
        running.cancel()
        _ = try? await running.value
    }

    /// What proc(5) calls resident in `statm`, in bytes.
    static var residentBytes: Int {
        let fields = ((try? Files.readText("/proc/self/statm", limit: 4096)) ?? "").split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }
}
