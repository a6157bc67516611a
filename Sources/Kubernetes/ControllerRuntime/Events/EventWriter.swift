// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime

/// Writes events in the form of events.k8s.io/v1. It knows the names of those that it has made.
struct EventWriter: Sendable {
    let client: APIClient
    let controller: String
    let instance: String
    let clock: WallClock
    private let suffix = String(UInt64.random(in: .min ... .max), radix: 16)
    private var names: [Int: String] = [:]

    static let type = ResourceType(
        group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", isNamespaced: true)

    init(client: APIClient, controller: String, instance: String, clock: WallClock) {
        self.client = client
        self.controller = controller
        self.instance = instance
        self.clock = clock
    }

    mutating func write(_ write: EventSeriesMachine.Write) async throws(APIError) {
        switch write {
        case .create(let id, let note, let count):
            try await create(id, note, count)
        case .update(let id, let note, let count):
            if try await update(id, note, count) { return }
            // The server removed it meanwhile (after an hour, usually), or it never came into being.
            names[id] = nil
            try await create(id, note, count)
        }
        if names.count > 2 * EventSeriesMachine.capacity { names = [:] }
    }

    private mutating func create(_ id: Int, _ note: EventNote, _ count: Int) async throws(APIError) {
        let now = MicroTime(clock.now()).timestamp
        let namespace = note.regarding.namespace ?? "default"
        // Kept for another try, so that trying twice makes one event.
        let name =
            names[id]
            ?? "\((note.regarding.name ?? "event").prefix(200)).\(suffix).\(String(now.microseconds, radix: 16))\(id)"
        names[id] = name
        var event: JSONValue = [
            "apiVersion": .string(Self.type.apiVersion), "kind": .string(Self.type.kind),
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "eventTime": .string(now.microDescription), "type": note.isWarning ? "Warning" : "Normal",
            "reason": .string(note.reason), "action": .string(note.action), "note": .string(note.message),
            "regarding": Self.value(note.regarding), "reportingController": .string(controller),
            "reportingInstance": .string(instance),
        ]
        if let related = note.related { event["related"] = Self.value(related) }
        if count > 1 { event["series"] = series(count, now) }
        do {
            _ = try await client.json(
                APIRequest(
                    .post, Self.type.path(namespace: namespace), body: event, timeout: .seconds(10),
                    label: "create \(Self.type.qualifiedName)"))
        } catch  where error.reason == .alreadyExists {
            // An earlier try got through after all.
        }
    }

    /// False when there is no such event.
    private func update(_ id: Int, _ note: EventNote, _ count: Int) async throws(APIError) -> Bool {
        guard let name = names[id] else { return false }
        let patch: JSONValue = ["series": series(count, clock.now())]
        do {
            _ = try await client.json(
                APIRequest(
                    .patch, Self.type.path(namespace: note.regarding.namespace ?? "default", name: name), body: patch,
                    contentType: "application/merge-patch+json", timeout: .seconds(10),
                    label: "patch \(Self.type.qualifiedName)"))
            return true
        } catch  where error.reason == .notFound {
            return false
        }
    }

    private func series(_ count: Int, _ last: Timestamp) -> JSONValue {
        ["count": .integer(Int64(count)), "lastObservedTime": .string(last.microDescription)]
    }

    private static func value(_ reference: ObjectReference) -> JSONValue {
        var value: JSONObject = [:]
        let members = [
            ("apiVersion", reference.apiVersion), ("kind", reference.kind), ("namespace", reference.namespace),
            ("name", reference.name), ("uid", reference.uid), ("resourceVersion", reference.resourceVersion),
        ]
        for case (let name, let text?) in members { value[name] = .string(text) }
        return .object(value)
    }
}
