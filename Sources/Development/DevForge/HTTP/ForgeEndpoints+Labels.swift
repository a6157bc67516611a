// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var labelRoutes: [ForgeRoute] {
        let repository = "/repos/{owner}/{repo}/labels"
        let issue = "/repos/{owner}/{repo}/issues/{number}/labels"
        return [
            ForgeRoute(.get, repository, .repository(.readIssues)) { request in
                Pagination(request).reply(
                    request.state.labels[request.repository.id] ?? [], request.renderer.label)
            },
            ForgeRoute(.post, repository, .repository(labelling(.write)), createLabel),
            ForgeRoute(.get, "\(repository)/{name}", .repository(.readIssues)) { request in
                guard let label = request.state.label(request.parameter("name"), in: request.repository.id) else {
                    throw ForgeFailure.notFound
                }
                return .json(request.renderer.label(label))
            },
            ForgeRoute(.get, issue, .repository(.readIssues)) { request in
                let key = try request.issueKey()
                let labels = (request.state.issues[key]?.labels ?? []).compactMap {
                    request.state.label($0, in: key.repository)
                }
                return Pagination(request).reply(labels, request.renderer.label)
            },
            ForgeRoute(.post, issue, .repository(.triage)) { request in
                try await changeLabels(request) { try $0.addLabels($1, to: $2, by: request.actor) }
            },
            ForgeRoute(.put, issue, .repository(.triage)) { request in
                try await changeLabels(request) { try $0.setLabels($1, on: $2, by: request.actor) }
            },
            ForgeRoute(.delete, issue, .repository(.triage)) { request in
                let key = try request.issueKey()
                try await commit(request) { try $0.setLabels([], on: key, by: request.actor) }
                return .noContent
            },
            ForgeRoute(.delete, "\(issue)/{name}", .repository(.triage)) { request in
                let key = try request.issueKey()
                return try await commit(request) { transaction in
                    try transaction.removeLabel(request.parameter("name"), from: key, by: request.actor)
                    return labels(of: key, transaction)
                }
            },
        ]
    }

    private func labelling(_ role: ForgeRole) -> ForgeRequirement {
        ForgeRequirement("issues", "pull_requests", access: .write, role: role)
    }

    private func createLabel(_ request: ForgeRequest) async throws -> ForgeReply {
        let body = try request.json()
        return try await commit(request) { transaction in
            let label = try transaction.createLabel(
                body["name"]?.stringValue ?? "", color: body["color"]?.stringValue,
                description: body["description"]?.stringValue, in: request.repository.id)
            return .json(transaction.renderer.label(label), .created)
        }
    }

    /// Takes `{"labels": […]}` or, as GitHub also does, the array itself.
    private func changeLabels(
        _ request: ForgeRequest,
        _ change: @escaping @Sendable (inout ForgeTransaction, [String], IssueKey) throws -> Void
    ) async throws -> ForgeReply {
        let key = try request.issueKey()
        let body = try request.json()
        let names = (body["labels"] ?? body).names
        return try await commit(request) { transaction in
            try change(&transaction, names, key)
            return labels(of: key, transaction)
        }
    }

    private func labels(of key: IssueKey, _ transaction: ForgeTransaction) -> ForgeReply {
        .json(transaction.state.issues[key].map(transaction.renderer.labels) ?? [])
    }
}
