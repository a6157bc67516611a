// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

/// What GitHub does not have: switches for tests, for the owner's token alone.
extension ForgeEndpoints {
    var standInRoutes: [ForgeRoute] {
        [
            // {"match": "POST /repos", "count": 1, "status": 502, "message": "…", "retryAfter": 1, "delay": 100,
            //  "afterEffect": true}
            ForgeRoute(.post, "/_forge/faults", .owner) { request in
                let body = try request.json()
                func integer(_ name: String) -> Int? { body[name]?.integerValue.map { Int($0) } }
                gate.add(
                    ForgeFault(
                        match: body["match"]?.stringValue ?? "", remaining: integer("count") ?? 1,
                        status: integer("status"), message: body["message"]?.stringValue ?? "fault of the stand-in",
                        retryAfter: integer("retryAfter"), delay: integer("delay") ?? 0,
                        afterEffect: body["afterEffect"]?.boolValue ?? false))
                return .noContent
            },
            ForgeRoute(.delete, "/_forge/faults", .owner) { _ in
                gate.clearFaults()
                return .noContent
            },
            ForgeRoute(.get, "/_forge/requests", .owner, listRequests),
            ForgeRoute(.delete, "/_forge/requests", .owner) { _ in
                gate.clearLog()
                return .noContent
            },
            // {"url": "http://…"} or {"dropNext": 2}
            ForgeRoute(.put, "/_forge/webhooks", .owner) { request in
                let body = try request.json()
                if let url = body["url"] { dispatcher.setAddress(url.stringValue) }
                if let count = body["dropNext"]?.integerValue { dispatcher.dropNext(Int(count)) }
                return .noContent
            },
            ForgeRoute(.post, "/_forge/webhooks/ping", .owner) { request in
                try await commit(request) { $0.queuePing(by: request.actor) }
                return .noContent
            },
            ForgeRoute(.get, "/_forge/deliveries", .owner) { request in
                let all = request.state.deliveries.values.sorted { $0.id > $1.id }
                return Pagination(request).reply(all) { Self.render($0, whole: true) }
            },
            ForgeRoute(.post, "/_forge/deliveries/{id}/attempts", .owner, redeliver),
            ForgeRoute(.put, "/_forge/rate-limit", .owner) { request in
                gate.setLimit(try request.json()["limit"]?.integerValue.map { Int($0) } ?? 5000)
                return .noContent
            },
        ]
    }

    /// The requests seen, and how many there were of each kind.
    private func listRequests(_ request: ForgeRequest) async throws -> ForgeReply {
        let entries = gate.entries(matching: request.target["match"])
        var counts: JSONObject = [:]
        for entry in entries { counts[entry.kind] = .integer((counts[entry.kind]?.integerValue ?? 0) + 1) }
        return .json([
            "total": .integer(Int64(entries.count)), "counts": .object(counts),
            "requests": .array(
                entries.map {
                    [
                        "kind": .string($0.kind), "path": .string($0.path), "status": .integer(Int64($0.status)),
                        "actor": .string($0.actor),
                    ]
                }),
        ])
    }
}
