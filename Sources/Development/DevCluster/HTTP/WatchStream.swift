// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding
import Synchronization

/// One watch of one client: a line of JSON an event, until the time is over or the client goes.
struct WatchStream: Sendable {
    /// Where a watch begins.
    enum Start: Sendable, Equatable {
        /// With what exists, once the store has reached a revision.
        case existing(notBefore: UInt64)
        /// With what happens after a revision.
        case after(UInt64)
        /// With what happens from now on.
        case now
    }

    let handler: APIHandler
    let call: ResourceCall
    let filter: ObjectFilter
    let start: Start
    /// Whether the end of what exists is marked by a bookmark.
    let marksInitialEnd: Bool
    /// How often a bookmark is sent; nil for none.
    let bookmarks: Duration?
    /// How long the watch lasts; nil for the server's choice.
    let timeout: Duration?

    private var api: ClusterAPI { handler.api }
    private var resource: ServedResource { call.resource }

    /// Writes the events until the watch is over.
    func run(_ writer: any ResponseWriter) async throws {
        let clock = ContinuousClock()
        // As a real server: half an hour to an hour when the client does not say, spread so that not all come back at
        // once.
        let deadline = clock.now + (timeout ?? .seconds(Int.random(in: 1800..<3600)))
        var format = Format(call: call, tables: handler.tables)
        guard var position = try await begin(writer, &format) else { return }
        var schedule = BookmarkSchedule(interval: bookmarks, deadline: deadline, now: clock.now)
        while !Task.isCancelled, !api.store.isClosed {
            switch api.store.history(of: resource.bucket, after: position) {
            case .expired(let oldest):
                let error = StatusError.expired("too old resource version: \(position) (\(oldest))")
                return try await writer.write(format.error(error))
            case .future:
                // A watch from the future is silent until the future is there.
                break
            case .events(let events, let upTo):
                position = upTo
                var output: [UInt8] = []
                for event in events { if let line = line(for: event, &format) { output += line } }
                if !output.isEmpty { try await writer.write(output) }
                guard events.isEmpty else { continue }
                if schedule.isDue(at: clock.now) { try await writer.write(format.bookmark(position)) }
            }
            if clock.now >= deadline { break }
            await wait(after: position, until: min(deadline, schedule.next ?? deadline), clock: clock)
        }
    }

    /// Sends what exists, if the watch begins with it; the revision after which events follow, or nil when the watch
    /// cannot begin.
    private func begin(_ writer: any ResponseWriter, _ format: inout Format) async throws -> UInt64? {
        let oldest: UInt64
        switch start {
        case .after(let revision): return revision
        case .now: return api.store.revision
        case .existing(let revision): oldest = revision
        }
        do throws(StatusError) {
            try await handler.waitForRevision(oldest)
        } catch {
            // The answer has begun: what goes wrong from here on is an event.
            try await writer.write(format.error(error))
            return nil
        }
        let scope = resource.isNamespaced ? call.namespace : nil
        let (items, revision) = api.store.objects(resource.bucket, namespace: scope)
        var output: [UInt8] = []
        for item in items {
            let object = resource.present(item)
            guard filter.matches(object) else { continue }
            output += format.line("ADDED", object)
            // In pieces, so that neither a large list nor a slow client costs memory.
            if output.count > 64 << 10 {
                try await writer.write(output)
                output.removeAll(keepingCapacity: true)
            }
        }
        if marksInitialEnd { output += format.bookmark(revision, annotations: ["k8s.io/initial-events-end": "true"]) }
        if !output.isEmpty { try await writer.write(output) }
        return revision
    }

    private func wait(after position: UInt64, until deadline: ContinuousClock.Instant, clock: ContinuousClock) async {
        let store = api.store
        let bucket = resource.bucket
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await store.waitForChange(in: bucket, after: position) }
            group.addTask { try? await clock.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What an event is for this watch: an object that begins to match is added, one that ceases to match is deleted.
    private func line(for event: StoreEvent, _ format: inout Format) -> [UInt8]? {
        if let namespace = call.namespace, event.key.namespace != namespace { return nil }
        let before = event.previous.map(resource.present)
        let after = event.object.map(resource.present)
        let matched = before.map(filter.matches) ?? false
        let matches = after.map(filter.matches) ?? false
        switch (matched, matches) {
        case (false, false): return nil
        case (false, true): return after.map { format.line("ADDED", $0) }
        case (true, true): return after.map { format.line("MODIFIED", $0) }
        case (true, false):
            guard var last = before else { return nil }
            last.setMeta("resourceVersion", .string(String(event.revision)))
            return format.line("DELETED", last)
        }
    }
}

extension WatchStream {
    /// Events as lines, in the shape that the client asked for.
    struct Format {
        let call: ResourceCall
        let tables: TableRenderer
        private var sentColumns = false

        init(call: ResourceCall, tables: TableRenderer) {
            self.call = call
            self.tables = tables
        }

        /// An event about an object.
        mutating func line(_ type: String, _ object: JSONValue) -> [UInt8] {
            var shown = call.format.render(
                object, resource: call.resource, tables: tables, includeObject: call.includeObject)
            if call.format == .table {
                // The columns are sent once: later tables go on with them.
                if sentColumns { shown["columnDefinitions"] = .null }
                sentColumns = true
            }
            return encode(type, shown)
        }

        /// A bookmark in the shape of the watch: kind and version alone.
        mutating func bookmark(_ revision: UInt64, annotations: JSONObject = [:]) -> [UInt8] {
            var metadata: JSONObject = ["resourceVersion": .string(String(revision))]
            if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
            return line(
                "BOOKMARK",
                [
                    "kind": .string(call.resource.kind), "apiVersion": .string(call.resource.apiVersion),
                    "metadata": .object(metadata),
                ])
        }

        /// The event that ends a watch.
        func error(_ error: StatusError) -> [UInt8] { encode("ERROR", error.json) }

        private func encode(_ type: String, _ object: JSONValue) -> [UInt8] {
            JSONValue.object(["type": .string(type), "object": object]).encoded() + [UInt8(ascii: "\n")]
        }
    }
}

/// When bookmarks are sent: about each interval, and two seconds before the end, so that the next watch can begin where
/// this one ends.
struct BookmarkSchedule: Sendable {
    private let interval: Duration?
    private let lastCall: ContinuousClock.Instant
    /// When the next bookmark is due; nil for never.
    private(set) var next: ContinuousClock.Instant?

    init(interval: Duration?, deadline: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        self.interval = interval
        lastCall = deadline - .seconds(2)
        next = following(now)
    }

    private func following(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let interval else { return nil }
        let usual = now + interval
        return now < lastCall ? min(usual, lastCall) : usual
    }

    /// Whether one is due; it counts as sent then.
    mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
        guard let due = next, now >= due else { return false }
        next = following(now)
        return true
    }
}
