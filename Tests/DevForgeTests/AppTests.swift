// SPDX-License-Identifier: MIT
import Cryptography
import DevForge
import HTTPTypes
import JSONCoding
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AppTests {
    @Test func appSignsInWithItsKeyAlone() async throws {
        try await ForgeFixture.with { fixture in
            let app = try await fixture.json(.get, "//app", as: fixture.appToken())
            #expect(app["slug"] == "codex-k8s")
            let stranger = try RSAPrivateKey.generate()
            try await fixture.json(.get, "//app", as: fixture.appToken(key: stranger), expecting: 401)
            try await fixture.json(.get, "//app", as: fixture.appToken(issuer: "1"), expecting: 401)
            try await fixture.json(.get, "//app", as: fixture.appToken(expiresIn: -5), expecting: 401)
            try await fixture.json(.get, "//app", as: fixture.appToken(expiresIn: 3600), expecting: 401)
            try await fixture.json(.get, "//app", expecting: 401)
            let bot = try await fixture.json(.get, "//users/codex-k8s%5Bbot%5D", as: fixture.installationToken())
            #expect(bot["type"] == "Bot")
        }
    }

    @Test func tokensCarryWhatWasAskedForAndNoMore() async throws {
        try await ForgeFixture.with { fixture in
            let number = try await fixture.issue()
            let contents = try await fixture.installationToken(["contents": "write"])
            try await fixture.json(.get, "/branches", as: contents)
            let refused = try await fixture.json(
                .post, "/issues/\(number)/labels", ["labels": ["x"]], as: contents, expecting: 403)
            #expect(refused["message"] == "Resource not accessible by integration")
            try await fixture.json(.get, "/issues/\(number)", as: contents, expecting: 403)
            let readOnly = try await fixture.installationToken(["issues": "read"])
            try await fixture.json(.get, "/issues/\(number)", as: readOnly)
            try await fixture.json(.post, "/issues/\(number)/comments", ["body": "x"], as: readOnly, expecting: 403)
            let path = "//app/installations/\(fixture.forge.credentials.installationID)/access_tokens"
            let wanted: JSONValue = ["permissions": ["workflows": "write"]]
            try await fixture.json(.post, path, wanted, as: fixture.appToken(), expecting: 422)
            try await fixture.json(.post, path, ["repositories": ["other"]], as: fixture.appToken(), expecting: 422)
            // The tokens themselves are in no file of the stand-in.
            let journal = try String(decoding: Files.readBytes("\(fixture.directory)/journal.jsonl"), as: UTF8.self)
            #expect(!journal.contains(contents) && !journal.contains(fixture.owner))
        }
    }

    @Test func rulesConfineAppsToTheirBranches() async throws {
        try await ForgeFixture.with { fixture in
            let app = try await fixture.installationToken()
            func types(_ branch: String) async throws -> Set<String> {
                let rules = try await fixture.json(.get, "/rules/branches/\(branch)", as: app).arrayValue ?? []
                return Set(rules.compactMap { $0["type"]?.stringValue })
            }
            #expect(try await types("main").contains("update"))
            #expect(try await types("codex/issue-1").isEmpty)
            let id = try #require(try await fixture.json(.get, "/rulesets", as: app)[0]?["id"]?.integerValue)
            let asApp = try await fixture.json(.get, "/rulesets/\(id)", as: app)
            #expect(asApp["current_user_can_bypass"] == "never")
            let asOwner = try await fixture.json(.get, "/rulesets/\(id)")
            #expect(asOwner["current_user_can_bypass"] == "always")
            let sha = try #require(try await fixture.json(.get, "/git/ref/heads/main").at("object", "sha"))
            try await fixture.json(.post, "/git/refs", ["ref": "refs/heads/mine", "sha": sha], as: app, expecting: 422)
            try await fixture.json(
                .post, "/git/refs", ["ref": "refs/heads/codex/issue-9", "sha": sha], as: app, expecting: 201)
        }
    }

    @Test(arguments: [
        ("refs/heads/codex/**", "refs/heads/codex/issue-1", true),
        ("refs/heads/codex/**", "refs/heads/codex/a/b", true),
        ("refs/heads/codex/*", "refs/heads/codex/a/b", false), ("refs/heads/codex/**", "refs/heads/codexx", false),
        ("refs/heads/*-x", "refs/heads/a-x", true), ("refs/heads/main", "refs/heads/main2", false),
    ])
    func refPatterns(pattern: String, name: String, matches: Bool) {
        #expect(RefPattern(pattern).matches(name) == matches)
    }
}
