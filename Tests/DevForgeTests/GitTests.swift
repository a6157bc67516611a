// SPDX-License-Identifier: MIT
import ChildProcesses
import DevForge
import HTTPTypes
import JSONCoding
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GitTests {
    @Test func clonesPushesAndOpensAPullRequest() async throws {
        try await ForgeFixture.with { fixture in
            let run = try await fixture.installationToken(["contents": "write"])
            let app = try await fixture.installationToken()
            let folder = try await fixture.workspace(run, branch: "codex/issue-1", file: "hello.txt")
            try await fixture.git(["push", "--quiet", "origin", "codex/issue-1"], in: folder)
            let draft: JSONValue = ["title": "One", "body": "Closes #1", "head": "codex/issue-1", "base": "main"]
            let pull = try await fixture.json(.post, "/pulls", draft, as: app, expecting: 201)
            #expect(pull["number"] == 1 && pull["commits"] == 1 && pull["changed_files"] == 1)
            #expect(pull.at("user", "login") == "codex-k8s[bot]" && pull["mergeable"] == true)
            let again = try await fixture.json(.post, "/pulls", draft, as: app, expecting: 422)
            #expect(again["errors"]?[0]?["message"] == "A pull request already exists for acme:codex/issue-1.")
            let files = try await fixture.json(.get, "/pulls/1/files", as: app)
            #expect(files[0]?["filename"] == "hello.txt" && files[0]?["status"] == "added")
            let found = try await fixture.json(.get, "/pulls?head=acme:codex/issue-1&state=open", as: app)
            #expect(found.arrayValue?.count == 1)
            #expect(try await fixture.json(.get, "/pulls?head=acme:other", as: app) == [])

            // A second push moves the pull request's head.
            try Files.writeAtomically("\(folder)/more.txt", Array("more\n".utf8))
            try await fixture.git(["add", "."], in: folder)
            try await fixture.git(["commit", "--quiet", "-m", "More"], in: folder)
            try await fixture.git(["push", "--quiet", "origin", "codex/issue-1"], in: folder)
            let head = try await fixture.git(["rev-parse", "HEAD"], in: folder).outputText
            let moved = try await fixture.json(.get, "/pulls/1", as: app)
            #expect(moved.at("head", "sha")?.stringValue == head && moved["commits"] == 2)
            let compared = try await fixture.json(.get, "/compare/main...codex%2Fissue-1", as: app)
            #expect(compared["ahead_by"] == 2 && compared["behind_by"] == 0 && compared["status"] == "ahead")

            let merged = try await fixture.json(.put, "/pulls/1/merge", [:])
            #expect(merged["merged"] == true)
            let closed = try await fixture.json(.get, "/pulls/1")
            #expect(closed["state"] == "closed" && closed["merged"] == true)
            #expect(try await fixture.json(.get, "/contents/more.txt")["size"] == 5)
        }
    }

    @Test func appPushesToItsBranchesOnly() async throws {
        try await ForgeFixture.with { fixture in
            let run = try await fixture.installationToken(["contents": "write"])
            let main = try await fixture.workspace(run, branch: "main", file: "a.txt")
            let refused = try await fixture.git(["push", "origin", "main"], in: main, mayFail: true)
            #expect(refused.exitCode != 0 && refused.errorText.contains("GH013"))
            let other = try await fixture.workspace(run, branch: "feature", file: "a.txt")
            #expect(try await fixture.git(["push", "origin", "feature"], in: other, mayFail: true).exitCode != 0)
            let workflow = try await fixture.workspace(run, branch: "codex/issue-2", file: ".github/workflows/ci.yml")
            let workflows = try await fixture.git(["push", "origin", "codex/issue-2"], in: workflow, mayFail: true)
            #expect(workflows.exitCode != 0 && workflows.errorText.contains("without `workflows` permission"))
            // People who may write pass the ruleset.
            try await fixture.git(["push", "--quiet", fixture.remote(fixture.owner), "main"], in: main)
        }
    }

    @Test func pushNeedsTheRight() async throws {
        try await ForgeFixture.with { fixture in
            let reader = try await fixture.installationToken(["contents": "read"])
            let folder = try await fixture.workspace(reader, branch: "codex/issue-3", file: "a.txt")
            for token in [reader, try fixture.token("outsider"), "ghs_unknown"] {
                let result = try await fixture.git(
                    ["push", fixture.remote(token), "codex/issue-3"], in: folder, mayFail: true)
                #expect(result.exitCode != 0)
            }
            let none = try await fixture.git(
                ["push", "\(fixture.url)/acme/shop.git", "codex/issue-3"], in: folder, mayFail: true)
            #expect(none.exitCode != 0)
            #expect(try await fixture.json(.get, "/git/matching-refs/heads/codex") == [])
        }
    }

    @Test func fetchWithAGzippedBodyWorks() async throws {
        try await ForgeFixture.with { fixture in
            // git compresses a fetch's request once it is over a kilobyte: many "have" lines make it so.
            let folder = try await fixture.workspace(fixture.owner, branch: "main", file: "a.txt")
            for index in 1...40 {
                try await fixture.git(["commit", "--quiet", "--allow-empty", "-m", "\(index)"], in: folder)
            }
            try await fixture.json(
                .put, "/contents/from-page.txt", ["message": "Page", "content": "cGFnZQo="], expecting: 201)
            try await fixture.git(["fetch", "--quiet", "origin", "main"], in: folder)
            let text = try await fixture.git(["show", "FETCH_HEAD:from-page.txt"], in: folder).outputText
            #expect(text == "page")
        }
    }

    @Test func largeContentComesThroughWhole() async throws {
        try await ForgeFixture.with { fixture in
            var random = SystemRandomNumberGenerator()
            let noise = (0..<400_000).map { _ in String(random.next(), radix: 36) }.joined()
            let folder = try await fixture.workspace(fixture.owner, branch: "main", file: "big.txt", text: noise)
            try await fixture.git(["push", "--quiet", "origin", "main"], in: folder)
            let copy = try await fixture.workspace(fixture.owner, branch: "main", file: "other.txt")
            #expect(try Files.readBytes("\(copy)/big.txt").count == noise.utf8.count)
        }
    }

    @Test func treesAreTruncatedOpenly() async throws {
        try await ForgeFixture.with(configure: { $0.treeLimit = 2 }) { fixture in
            try await fixture.json(.put, "/contents/a/b.txt", ["message": "x", "content": "YQ=="], expecting: 201)
            let tree = try await fixture.json(.get, "/git/trees/main?recursive=1")
            #expect(tree["truncated"] == true && tree["tree"]?.arrayValue?.count == 2)
            let flat = try await fixture.json(.get, "/git/trees/main")
            #expect(flat["truncated"] == false)
        }
    }

    @Test func pairsShareNumberLabelsAndComments() async throws {
        try await ForgeFixture.with(configure: { $0.pairsNumbers = true }) { fixture in
            let app = try await fixture.installationToken()
            #expect(try await fixture.issue(labels: ["run:dev"]) == 1)
            #expect(try await fixture.issue() == 2)
            for branch in ["codex/issue-1", "codex/issue-1-qa"] {
                let folder = try await fixture.workspace(app, branch: branch, file: "a.txt")
                try await fixture.git(["push", "--quiet", "origin", branch], in: folder)
            }
            func open(_ branch: String) async throws -> JSONValue {
                try await fixture.json(
                    .post, "/pulls", ["title": "P", "head": .string(branch), "base": "main"], as: app, expecting: 201)
            }
            let pull = try await open("codex/issue-1")
            #expect(pull["number"] == 1 && pull["labels"]?[0]?["name"] == "run:dev")
            #expect(try await open("codex/issue-1-qa")["number"] == 3, "the common series goes on")
            try await fixture.json(.patch, "/pulls/1", ["state": "closed"])
            #expect(try await fixture.json(.get, "/issues/1")["state"] == "open")
            #expect(try await fixture.json(.get, "/issues/1")["pull_request"] == nil)
        }
    }

    @Test func reviewsComeFromOthersThanTheAuthor() async throws {
        try await ForgeFixture.with { fixture in
            let app = try await fixture.installationToken()
            let folder = try await fixture.workspace(app, branch: "codex/issue-1", file: "a.txt")
            try await fixture.git(["push", "--quiet", "origin", "codex/issue-1"], in: folder)
            try await fixture.json(
                .post, "/pulls", ["title": "One", "head": "codex/issue-1", "base": "main"], as: app, expecting: 201)
            let review: JSONValue = [
                "event": "REQUEST_CHANGES", "body": "Please mend",
                "comments": [["path": "a.txt", "line": 1, "body": "this line"]],
            ]
            try await fixture.json(.post, "/pulls/1/reviews", review, as: app, expecting: 422)
            let made = try await fixture.json(.post, "/pulls/1/reviews", review)
            #expect(made["state"] == "CHANGES_REQUESTED")
            let id = try #require(made["id"]?.integerValue)
            #expect(try await fixture.json(.get, "/pulls/1/reviews/\(id)", as: app)["body"] == "Please mend")
            let comments = try await fixture.json(.get, "/pulls/1/comments", as: app)
            #expect(comments[0]?["path"] == "a.txt" && comments[0]?["pull_request_review_id"]?.integerValue == id)
        }
    }
}
