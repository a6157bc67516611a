// SPDX-License-Identifier: MIT
import DevForge
import HTTPTransport
import HTTPTypes
import JSONCoding
import Testing

@Suite(.timeLimit(.minutes(1)))
struct IssueTests {
    @Test func saysThatItIsAStandIn() async throws {
        try await ForgeFixture.with { fixture in
            let answer = try await fixture.call(.get, "//")
            #expect(answer.headers["Server"]?.contains("stand-in") == true)
            #expect(try JSONValue.parse(answer.body)["stand_in"] == true)
        }
    }

    @Test func labelsMakeEventsWithActorAndTime() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            let labels = try await fixture.json(.post, "/issues/\(number)/labels", ["labels": ["run:dev", "run:dev"]])
            #expect(labels.arrayValue?.compactMap { $0["name"]?.stringValue } == ["run:dev"])
            // Set again while it is there: nothing new happens.
            try await fixture.json(.post, "/issues/\(number)/labels", ["labels": ["run:dev"]])
            try await fixture.json(.delete, "/issues/\(number)/labels/run%3Adev", as: fixture.token("triager"))
            try await fixture.json(.delete, "/issues/\(number)/labels/run%3Adev", expecting: 404)
            try await fixture.json(.patch, "/issues/\(number)", ["state": "closed"])
            let events = try await fixture.json(.get, "/issues/\(number)/events").arrayValue ?? []
            #expect(events.map { $0["event"]?.stringValue } == ["labeled", "unlabeled", "closed"])
            #expect(events.map { $0.at("actor", "login")?.stringValue } == ["acme", "triager", "acme"])
            #expect(events[0].at("label", "name") == "run:dev")
            #expect(events.allSatisfy { $0["created_at"]?.stringValue.flatMap { Timestamp($0) } != nil })
            let ids = events.compactMap { $0["id"]?.integerValue }
            #expect(ids.count == 3 && ids == ids.sorted())
            let issue = try await fixture.json(.get, "/issues/\(number)")
            #expect(issue["state"] == "closed" && issue["state_reason"] == "completed")
            #expect(issue.at("closed_by", "login") == "acme")
        }
    }

    @Test func listsIssuesByLabelAndState() async throws {
        try await ForgeFixture.with { fixture in
            let one = try await fixture.issue("one", labels: ["run:dev", "state:blocked"])
            let two = try await fixture.issue("two", labels: ["run:dev"])
            let three = try await fixture.issue("three")
            try await fixture.json(.patch, "/issues/\(two)", ["state": "closed"])
            func numbers(_ query: String) async throws -> [Int64] {
                try await fixture.json(.get, "/issues?\(query)").arrayValue?.compactMap { $0["number"]?.integerValue }
                    ?? []
            }
            #expect(try await numbers("labels=run%3Adev") == [Int64(one)])
            #expect(try await numbers("labels=run%3Adev&state=all") == [Int64(two), Int64(one)])
            #expect(try await numbers("labels=run:dev,state:blocked") == [Int64(one)])
            #expect(try await numbers("state=closed") == [Int64(two)])
            #expect(try await numbers("direction=asc") == [Int64(one), Int64(three)])
        }
    }

    @Test func pagesCarryLinks() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            for index in 1...5 {
                try await fixture.json(
                    .post, "/issues/\(number)/comments", ["body": .string("\(index)")], expecting: 201)
            }
            let first = try await fixture.call(.get, "/issues/\(number)/comments?per_page=2")
            let link = try #require(first.headers["Link"])
            let base = "<\(fixture.url)/repos/acme/shop/issues/\(number)/comments?per_page=2&page="
            #expect(link == "\(base)2>; rel=\"next\", \(base)3>; rel=\"last\"")
            let last = try await fixture.call(.get, "/issues/\(number)/comments?per_page=2&page=3")
            #expect(last.headers["Link"]?.contains("rel=\"next\"") == false)
            #expect(try JSONValue.parse(last.body).arrayValue?.count == 1)
            let all = try await fixture.call(.get, "/issues/\(number)/comments")
            #expect(all.headers["Link"] == nil)
        }
    }

    @Test func rightsFollowRoles() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            let outsider = try fixture.token("outsider")
            let labels = "/issues/\(number)/labels"
            try await fixture.json(.post, labels, ["labels": ["x"]], as: outsider, expecting: 403)
            try await fixture.json(.post, labels, ["labels": ["x"]], as: try fixture.token("triager"))
            try await fixture.json(.post, labels, ["labels": ["x"]], as: "ghp_unknown", expecting: 401)
            // An outsider may open an issue; the labels that it asks for are dropped, as on GitHub.
            let own = try await fixture.json(
                .post, "/issues", ["title": "mine", "labels": ["run:dev"]], as: outsider, expecting: 201)
            #expect(own["labels"] == [])
            let expected = [("acme", "admin", "admin"), ("triager", "read", "triage"), ("outsider", "read", "read")]
            for (login, permission, role) in expected {
                let answer = try await fixture.json(.get, "/collaborators/\(login)/permission")
                #expect(answer["permission"]?.stringValue == permission)
                #expect(answer["role_name"]?.stringValue == role)
            }
        }
    }

    @Test func commentsAndReactions() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            let app = try await fixture.installationToken()
            let comment = try await fixture.json(
                .post, "/issues/\(number)/comments", ["body": "<!-- marker -->hello"], as: app, expecting: 201)
            let id = try #require(comment["id"]?.integerValue)
            #expect(comment.at("user", "login") == "codex-k8s[bot]" && comment.at("user", "type") == "Bot")
            #expect(comment.at("performed_via_github_app", "slug") == "codex-k8s")
            try await fixture.json(
                .patch, "/issues/comments/\(id)", ["body": "x"], as: fixture.token("outsider"), expecting: 403)
            let edited = try await fixture.json(.patch, "/issues/comments/\(id)", ["body": "bye"], as: app)
            #expect(edited["body"] == "bye")
            try await fixture.json(.post, "/issues/\(number)/reactions", ["content": "eyes"], as: app, expecting: 201)
            try await fixture.json(.post, "/issues/\(number)/reactions", ["content": "eyes"], as: app, expecting: 200)
            try await fixture.json(.post, "/issues/\(number)/reactions", ["content": "wave"], as: app, expecting: 422)
            #expect(try await fixture.json(.get, "/issues/\(number)").at("reactions", "eyes") == 1)
            try await fixture.json(.delete, "/issues/comments/\(id)", as: app, expecting: 204)
            try await fixture.json(.get, "/issues/comments/\(id)", as: app, expecting: 404)
        }
    }
}
