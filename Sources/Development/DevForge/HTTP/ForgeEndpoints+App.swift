// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var appRoutes: [ForgeRoute] {
        [
            ForgeRoute(.get, "/app", .app) { request in
                .json(request.state.app.map(request.renderer.app) ?? .null)
            },
            ForgeRoute(.get, "/app/installations", .app) { request in
                Pagination(request).reply(request.state.app.map { [$0] } ?? [], request.renderer.installation)
            },
            ForgeRoute(.get, "/app/installations/{id}", .app) { request in
                .json(request.renderer.installation(try installation(request)))
            },
            ForgeRoute(.post, "/app/installations/{id}/access_tokens", .app, createToken),
            ForgeRoute(.get, "/repos/{owner}/{repo}/installation", .app) { request in
                let known = request.state.repository(
                    owner: request.parameter("owner"), name: request.parameter("repo"))
                guard known != nil, let app = request.state.app else { throw ForgeFailure.notFound }
                return .json(request.renderer.installation(app))
            },
            ForgeRoute(.get, "/installation/repositories", .anyone, listRepositories),
            ForgeRoute(.delete, "/installation/token", .anyone) { request in
                guard let grant = request.actor.grant else { throw ForgeFailure.notAccessibleByIntegration }
                try await commit(request) { $0.revoke(grant) }
                return .noContent
            },
            ForgeRoute(.get, "/user", .anyone) { request in
                // As on GitHub, an installation is no user; its bot is found by `/users/SLUG[bot]`.
                guard !request.actor.viaApp else { throw ForgeFailure.notAccessibleByIntegration }
                return .json(request.renderer.user(request.actor.user))
            },
            ForgeRoute(.get, "/users/{login}", .anyone) { request in
                guard let user = request.state.user(login: request.parameter("login")) else {
                    throw ForgeFailure.notFound
                }
                return .json(request.renderer.user(user))
            },
            ForgeRoute(.get, "/rate_limit", .anyone) { request in .json(gate.rateLimit(of: request.actor)) },
        ]
    }

    private func installation(_ request: ForgeRequest) throws -> ForgeApp {
        guard let app = request.state.app, app.installation == (try request.number("id")) else {
            throw ForgeFailure.notFound
        }
        return app
    }

    private func createToken(_ request: ForgeRequest) async throws -> ForgeReply {
        _ = try installation(request)
        let body = try request.json()
        let wanted = TokenRequest(
            repositories: body["repositories"]?.arrayValue?.compactMap(\.stringValue),
            repositoryIDs: body["repository_ids"]?.arrayValue?.compactMap(\.integerValue),
            permissions: body["permissions"]?.stringMap)
        return try await commit(request) { transaction in
            let (token, grant) = try transaction.createToken(wanted)
            let isSelected = wanted.repositories != nil || wanted.repositoryIDs != nil
            var reply: JSONObject = [
                "token": .string(token), "expires_at": .string(grant.expiresAt.description),
                "permissions": transaction.renderer.permissions(grant.permissions),
                "repository_selection": .string(isSelected ? "selected" : "all"),
            ]
            if isSelected {
                reply["repositories"] = .array(
                    grant.repositories.compactMap { transaction.state.repositories[$0] }.map {
                        transaction.renderer.repository($0)
                    })
            }
            return .json(.object(reply), .created)
        }
    }

    private func listRepositories(_ request: ForgeRequest) async throws -> ForgeReply {
        guard let grant = request.actor.grant else { throw ForgeFailure.notAccessibleByIntegration }
        let all = grant.repositories.compactMap { request.state.repositories[$0] }
        var reply = Pagination(request).reply(all) { request.renderer.repository($0) }
        reply.body = ["total_count": .integer(Int64(all.count)), "repositories": reply.body ?? []]
        return reply
    }
}
