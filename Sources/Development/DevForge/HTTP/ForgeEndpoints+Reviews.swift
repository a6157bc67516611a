// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

extension ForgeEndpoints {
    var reviewRoutes: [ForgeRoute] {
        let base = "/repos/{owner}/{repo}/pulls/{number}"
        return [
            ForgeRoute(.get, "\(base)/reviews", .repository(.readPulls)) { request in
                Pagination(request).reply(request.state.reviews(of: try request.pull().key), request.renderer.review)
            },
            ForgeRoute(.post, "\(base)/reviews", .repository(.review), createReview),
            ForgeRoute(.get, "\(base)/reviews/{id}", .repository(.readPulls)) { request in
                let id = try request.number("id")
                guard let review = request.state.reviews[id], review.pull == (try request.pull().key) else {
                    throw ForgeFailure.notFound
                }
                return .json(request.renderer.review(review))
            },
            ForgeRoute(.get, "\(base)/comments", .repository(.readPulls)) { request in
                Pagination(request).reply(
                    request.state.reviewComments(of: try request.pull().key), request.renderer.reviewComment)
            },
            ForgeRoute(.post, "\(base)/comments", .repository(.review)) { request in
                let key = try request.pull().key
                let new = Self.reviewComment(try request.json())
                return try await commit(request) { transaction in
                    let comment = try transaction.createReviewComment(new, on: key, by: request.actor)
                    return .json(transaction.renderer.reviewComment(comment), .created)
                }
            },
        ]
    }

    private func createReview(_ request: ForgeRequest) async throws -> ForgeReply {
        let key = try request.pull().key
        let body = try request.json()
        let comments = (body["comments"]?.arrayValue ?? []).map(Self.reviewComment)
        return try await commit(request) { transaction in
            let review = try transaction.createReview(
                on: key, event: body["event"]?.stringValue ?? "", body: body["body"]?.stringValue ?? "",
                commitID: body["commit_id"]?.stringValue, comments: comments, by: request.actor)
            return .json(transaction.renderer.review(review))
        }
    }

    private static func reviewComment(_ json: JSONValue) -> NewReviewComment {
        NewReviewComment(
            body: json["body"]?.stringValue ?? "", path: json["path"]?.stringValue ?? "",
            line: (json["line"] ?? json["position"])?.integerValue.map { Int($0) },
            side: json["side"]?.stringValue ?? "RIGHT", commitID: json["commit_id"]?.stringValue,
            inReplyTo: json["in_reply_to"]?.integerValue)
    }
}
