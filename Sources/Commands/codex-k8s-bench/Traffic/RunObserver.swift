// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import KubernetesClient
import Synchronization

/// Sees by a watch of its own when runs say in their status that their Job exists.
final class RunObserver: Sendable {
    private let seen = Mutex<[String: ContinuousClock.Instant]>([:])
    private let failure = Mutex<String?>(nil)

    /// Runs the body beside a watch of all AgentRuns of the namespace.
    static func with<T: Sendable>(_ ground: Ground, _ body: (RunObserver) async throws -> T) async throws -> T {
        let observer = RunObserver()
        let client = ground.api.objects(AgentRun.resourceType, namespace: Ground.namespace)
        let version = try await client.list(.init(limit: 1)).resourceVersion
        let watching = Task {
            do {
                var version = version
                // A server may end a watch at any time, as it does when a definition changes; the next one goes on there.
                while !Task.isCancelled {
                    let watch = try await client.watch(
                        .init(resourceVersion: version, timeout: .seconds(3600), idleTimeout: .seconds(600)))
                    for try await event in watch { version = observer.note(event) ?? version }
                }
            } catch {
                observer.failure.withLock { $0 = "the observer's watch broke: \(error)" }
            }
        }
        defer { watching.cancel() }
        return try await body(observer)
    }

    /// Takes an event in and gives the version to go on from.
    private func note(_ event: WatchEvent<DynamicObject>) -> String? {
        let now = ContinuousClock.now
        switch event {
        case .added(let object), .modified(let object):
            let status = object.content["status"]
            switch status?["phase"]?.stringValue {
            case "Running": seen.withLock { times in times[object.metadata.name] = times[object.metadata.name] ?? now }
            case "Failed", "Rejected", "Cancelled":
                let why = status?["conditions"]?.encodedString() ?? ""
                failure.withLock { $0 = "run \(object.metadata.name) ended: \(why)" }
            default: break
            }
            return object.metadata.resourceVersion
        case .deleted(let object): return object.metadata.resourceVersion
        default: return nil
        }
    }

    /// When each of these runs was seen running, in the order of the names; a minute without one of them breaks the run.
    func running(_ names: [String], every pause: Duration) async throws -> [ContinuousClock.Instant] {
        var deadline = ContinuousClock.now + .seconds(60)
        var known = 0
        while true {
            let times = seen.withLock { seen in names.compactMap { seen[$0] } }
            if times.count == names.count { return times }
            if let problem = failure.withLock({ $0 }) { throw BrokenRun(problem) }
            if times.count > known {
                known = times.count
                deadline = .now + .seconds(60)
            }
            guard ContinuousClock.now < deadline else {
                throw BrokenRun("\(known) of \(names.count) runs were seen running, and no other for a minute")
            }
            try await Task.sleep(for: pause)
        }
    }
}
