// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding

extension ForgeTransaction {
    /// Queues `issues`, or `pull_request` for a pull request's issue, as GitHub separates them.
    mutating func queueSubject(_ action: String, _ issue: ForgeIssue, label: ForgeLabel? = nil, by actor: ForgeActor) {
        let extra: JSONObject = label.map { ["label": renderer.label($0)] } ?? [:]
        if let pull = state.pulls[issue.key] {
            queuePull(action, pull, extra: extra, by: actor)
        } else {
            queueIssues(action, issue, extra: extra, by: actor)
        }
    }

    mutating func queueIssues(
        _ action: String, _ issue: ForgeIssue, extra: JSONObject = [:], by actor: ForgeActor
    ) {
        var payload: JSONObject = ["action": .string(action), "issue": renderer.issue(issue)]
        for (key, value) in extra { payload[key] = value }
        queue("issues", payload, repository: issue.key.repository, by: actor)
    }

    mutating func queuePull(
        _ action: String, _ pull: ForgePullRequest, extra: JSONObject = [:], by actor: ForgeActor
    ) {
        var payload: JSONObject = [
            "action": .string(action), "number": .integer(Int64(pull.key.number)),
            "pull_request": renderer.pull(state.pulls[pull.key] ?? pull),
        ]
        for (key, value) in extra { payload[key] = value }
        queue("pull_request", payload, repository: pull.key.repository, by: actor)
    }

    mutating func queueComment(_ action: String, _ comment: ForgeComment, by actor: ForgeActor) {
        guard let issue = state.issues[comment.issue] else { return }
        let payload: JSONObject = [
            "action": .string(action), "issue": renderer.issue(issue), "comment": renderer.comment(comment),
        ]
        queue("issue_comment", payload, repository: comment.issue.repository, by: actor)
    }

    mutating func queueReview(_ action: String, _ review: ForgeReview, pull: ForgePullRequest, by actor: ForgeActor) {
        // The webhook spells the state in lower case, the REST answer in upper case.
        var rendered = renderer.review(review)
        rendered["state"] = .string(review.state.lowercased())
        let payload: JSONObject = [
            "action": .string(action), "review": rendered, "pull_request": renderer.pull(pull),
        ]
        queue("pull_request_review", payload, repository: pull.key.repository, by: actor)
    }

    /// Queues the first message of a new webhook.
    package mutating func queuePing(by actor: ForgeActor) {
        let app = state.app?.id ?? 0
        queue(
            "ping",
            [
                "zen": "A stand-in says that it is one.", "hook_id": .integer(app),
                "hook": ["type": "App", "id": .integer(app), "name": "web", "active": true],
            ], repository: nil, by: actor)
    }

    /// Queues the same bytes once more, under the same delivery identifier.
    package mutating func redeliver(_ id: Int64) throws -> ForgeDelivery {
        guard var delivery = state.deliveries[id] else { throw ForgeFailure.notFound }
        delivery.id = nextID()
        delivery.createdAt = now
        delivery.deliveredAt = nil
        delivery.milliseconds = nil
        delivery.isRedelivery = true
        delivery.outcome = .pending
        put(.delivery(delivery))
        return delivery
    }

    private mutating func queue(_ event: String, _ payload: JSONObject, repository: Int64?, by actor: ForgeActor) {
        var payload = payload
        let action = payload["action"]?.stringValue
        if let repository = repository.flatMap({ state.repositories[$0] }) {
            payload["repository"] = renderer.repository(repository)
        }
        payload["sender"] = renderer.user(actor.user)
        if let app = state.app {
            payload["installation"] = [
                "id": .integer(app.installation), "node_id": .string("INST_\(app.installation)"),
            ]
        }
        let id = nextID()
        put(
            .delivery(
                ForgeDelivery(
                    id: id, guid: uuidVersion4(), event: event, action: action, repository: repository,
                    payload: JSONValue.object(payload).encodedString(), createdAt: now, deliveredAt: nil,
                    milliseconds: nil, isRedelivery: false, outcome: .pending)))
    }
}
