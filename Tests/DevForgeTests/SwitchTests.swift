// SPDX-License-Identifier: MIT
import DevForge
import HTTPTransport
import HTTPTypes
import JSONCoding
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SwitchTests {
    @Test func faultsHitTheirKindAndRunOut() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            try await fixture.json(
                .post, "//_forge/faults", ["match": "/comments", "status": 502, "count": 2], expecting: 204)
            try await fixture.json(.get, "/issues/\(number)")
            try await fixture.json(.get, "/issues/\(number)/comments", expecting: 502)
            try await fixture.json(.get, "/issues/\(number)/comments", expecting: 502)
            try await fixture.json(.get, "/issues/\(number)/comments")
        }
    }

    @Test func aLostAnswerStillTookEffect() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            let fault: JSONValue = ["match": "POST", "status": 504, "afterEffect": true]
            try await fixture.json(.post, "//_forge/faults", fault, expecting: 204)
            try await fixture.json(.post, "/issues/\(number)/comments", ["body": "once"], expecting: 504)
            #expect(try await fixture.json(.get, "/issues/\(number)/comments").arrayValue?.count == 1)
        }
    }

    @Test func limitsSayWhenToComeBack() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            let fault: JSONValue = [
                "status": 403, "message": "You have exceeded a secondary rate limit", "retryAfter": 7,
            ]
            try await fixture.json(.post, "//_forge/faults", fault, expecting: 204)
            let limited = try await fixture.call(.get, "/issues/\(number)")
            #expect(limited.status == .forbidden && limited.headers["Retry-After"] == "7")
            try await fixture.json(.put, "//_forge/rate-limit", ["limit": 3], expecting: 204)
            let token = try fixture.token("triager")
            for _ in 1...3 { try await fixture.json(.get, "/issues/\(number)", as: token) }
            let exceeded = try await fixture.call(.get, "/issues/\(number)", as: token)
            #expect(exceeded.status == .forbidden && exceeded.headers["X-RateLimit-Remaining"] == "0")
            #expect(exceeded.headers["X-RateLimit-Reset"].flatMap { Int64($0) } != nil)
        }
    }

    @Test func requestsAreCountedByKind() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            try await fixture.json(.delete, "//_forge/requests", expecting: 204)
            try await fixture.json(.get, "/issues/\(number)")
            try await fixture.json(.get, "/issues/\(number)")
            let seen = try await fixture.json(.get, "//_forge/requests?match=GET")
            #expect(seen["counts"]?["GET /repos/{owner}/{repo}/issues/{number}"] == 2)
            try await fixture.json(.get, "//_forge/requests", as: fixture.token("triager"), expecting: 403)
        }
    }

    @Test func brokenBodiesAreRefused() async throws {
        try await ForgeFixture.with { fixture in
            let answer = try await fixture.json(.post, "/issues", [:], expecting: 422)
            #expect(answer["message"] == "Validation Failed" && answer["status"] == "422")
            try await fixture.json(.get, "//repos/acme/none/issues", expecting: 404)
            try await fixture.json(.get, "/nothing", expecting: 404)
        }
    }
}
