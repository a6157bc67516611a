// SPDX-License-Identifier: MIT
import HTTPServing
import JSONCoding
import Synchronization

/// One watch of one client: a line of JSON an event, until the time is over or the client goes.
struct WatchStream: Sendable {
    let api: ClusterAPI
    let call: ResourceCall
    let filter: ObjectFilter
    let tables: TableRenderer
    /// Events after this revision; nil begins with what exists.
    let since: UInt64?
    /// Whether the end of what exists is marked by a bookmark.
    let marksInitialEnd: Bool
    /// How often a bookmark is sent; nil for none.
    let bookmarks: Duration?
    let timeout: Duration?

    private var resource: ServedResource { call.resource }

    func run(_ writer: any ResponseWriter) async throws {
        let clock = ContinuousClock()
        // As a real server: half an hour to an hour when the client does not say, spread so that not all come back at
        // once.
        let deadline = clock.now + (timeout ?? .seconds(Int.random(in: 1800..<3600)))
        var format = Format(call: call, tables: tables)
        var position: UInt64
        if let since {
            position = since
        } else {
            let (items, revision) = api.store.objects(resource.bucket, namespace: call.namespace)
            position = revision
            for item in items {
                let object = resource.present(item)
                if filter.matches(object) { try await writer.write(format.line("ADDED", object)) }
            }
            if marksInitialEnd {
                try await writer.write(
                    format.bookmark(position, annotations: ["k8s.io/initial-events-end": "true"]))
            }
        }
        var nextBookmark = bookmarks.map { clock.now + $0 }
        while !Task.isCancelled, !api.store.isClosed {
            switch api.store.history(of: resource.bucket, after: position) {
            case .expired(let oldest):
                let error = StatusError.expired("too old resource version: \(position) (\(oldest))")
                return try await writer.write(format.error(error))
            case .future(let current):
                return try await writer.write(format.error(APIHandler.tooLarge(position, current: current)))
            case .events(let events, let upTo):
                position = upTo
                var output: [UInt8] = []
                for event in events { if let line = line(for: event, &format) { output += line } }
                if !output.isEmpty { try await writer.write(output) }
                guard events.isEmpty else { continue }
            }
            let now = clock.now
            if now >= deadline { break }
            if let bookmarks, let due = nextBookmark, now >= due || deadline - now < .seconds(2) {
                try await writer.write(format.bookmark(position))
                nextBookmark = deadline - now < .seconds(2) ? deadline : now + bookmarks
            }
            await wait(after: position, until: min(deadline, nextBookmark ?? deadline), clock: clock)
        }
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

        func bookmark(_ revision: UInt64, annotations: JSONObject = [:]) -> [UInt8] {
            var metadata: JSONObject = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
            if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
            var object: JSONObject = [
                "kind": .string(call.resource.kind), "apiVersion": .string(call.resource.apiVersion),
                "metadata": .object(metadata),
            ]
            if call.format == .metadata {
                object["kind"] = "PartialObjectMetadata"
                object["apiVersion"] = "meta.k8s.io/v1"
            }
            return encode("BOOKMARK", .object(object))
        }

        func error(_ error: StatusError) -> [UInt8] { encode("ERROR", error.json) }

        private func encode(_ type: String, _ object: JSONValue) -> [UInt8] {
            JSONValue.object(["type": .string(type), "object": object]).encoded() + [UInt8(ascii: "\n")]
        }
    }
}
