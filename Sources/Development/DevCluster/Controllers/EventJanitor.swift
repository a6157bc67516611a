// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

/// Forgets Events after an hour, as a real server does.
struct EventJanitor: Sendable {
    let api: ClusterAPI

    private static let lifetime = Duration.seconds(3600)

    /// Runs until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            removeOld()
            try? await Task.sleep(for: .seconds(300))
        }
    }

    private func removeOld() {
        let limit = api.now.adding(.zero - Self.lifetime)
        for event in api.store.objects(StorageBucket(group: "", plural: "events")).items {
            // Written without being made anew: a repeated event lives from its last time.
            let times =
                ["lastTimestamp", "eventTime"].compactMap { event[$0]?.stringValue }
                + [event.meta("creationTimestamp")?.stringValue ?? ""] + [
                    event.at("series", "lastObservedTime")?.stringValue ?? ""
                ]
            guard let last = times.compactMap({ Timestamp($0) }).max(), last < limit else { continue }
            // Somebody else may have removed it.
            try? api.delete(.event, namespace: event.namespace, name: event.name)
        }
    }
}
