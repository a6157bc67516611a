// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var webhookRoutes: [ForgeRoute] {
        [
            ForgeRoute(.get, "/app/hook/config", .app) { _ in
                .json([
                    "content_type": "json", "insecure_ssl": "0", "secret": "********",
                    "url": dispatcher.address.map(JSONValue.string) ?? .null,
                ])
            },
            ForgeRoute(.get, "/app/hook/deliveries", .app, listDeliveries),
            ForgeRoute(.get, "/app/hook/deliveries/{id}", .app) { request in
                .json(Self.render(try delivery(request), whole: true))
            },
            ForgeRoute(.post, "/app/hook/deliveries/{id}/attempts", .app, redeliver),
        ]
    }

    /// The log, newest first; only what has been tried is in it.
    func listDeliveries(_ request: ForgeRequest) async throws -> ForgeReply {
        let tried = request.state.deliveries.values.filter { $0.outcome != .pending }.sorted { $0.id > $1.id }
        return Pagination(request).reply(tried) { Self.render($0, whole: false) }
    }

    /// Sends the same bytes again; the answer comes before the delivery, as on GitHub.
    func redeliver(_ request: ForgeRequest) async throws -> ForgeReply {
        let id = try delivery(request).id
        _ = try await commit(request) { try $0.redeliver(id) }
        return .json([:], .accepted)
    }

    func delivery(_ request: ForgeRequest) throws -> ForgeDelivery {
        guard let delivery = request.state.deliveries[try request.number("id")] else { throw ForgeFailure.notFound }
        return delivery
    }

    static func render(_ delivery: ForgeDelivery, whole: Bool) -> JSONValue {
        let (code, status): (Int, String) =
            switch delivery.outcome {
            case .pending: (0, "pending")
            case .answered(let code): (code, (200..<300).contains(code) ? "OK" : "Invalid HTTP Response: \(code)")
            case .failed(let reason): (0, reason)
            }
        var result: JSONObject = [
            "id": .integer(delivery.id), "guid": .string(delivery.guid),
            "delivered_at": .timestamp(delivery.deliveredAt), "redelivery": .bool(delivery.isRedelivery),
            "duration": .double(Double(delivery.milliseconds ?? 0) / 1000), "status": .string(status),
            "status_code": .integer(Int64(code)), "event": .string(delivery.event),
            "action": delivery.action.map(JSONValue.string) ?? .null,
            "repository_id": delivery.repository.map(JSONValue.integer) ?? .null,
        ]
        if whole {
            let payload = try? JSONValue.parse(delivery.payload)
            result["request"] = ["headers": ["X-GitHub-Delivery": .string(delivery.guid)], "payload": payload ?? .null]
            result["response"] = ["headers": [:], "payload": ""]
        }
        return .object(result)
    }
}
