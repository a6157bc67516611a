// SPDX-License-Identifier: MIT
import DevForge
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DurabilityTests {
    @Test func everythingIsThereAfterAnotherStart() async throws {
        let folder = try Files.temporaryDirectory(prefix: "codex-k8s-forge-durable")
        defer { try? Files.remove(folder) }
        let store = "\(folder)/forge"
        let tokens = Secrets()
        try await ForgeFixture.with(directory: store) { fixture in
            let number = try await fixture.issue(labels: ["run:dev"])
            try await fixture.json(.post, "/issues/\(number)/comments", ["body": "kept"], expecting: 201)
            let app = try await fixture.installationToken()
            let folder = try await fixture.workspace(app, branch: "codex/issue-1", file: "a.txt")
            try await fixture.git(["push", "--quiet", "origin", "codex/issue-1"], in: folder)
            try await fixture.json(
                .post, "/pulls", ["title": "One", "head": "codex/issue-1", "base": "main"], as: app, expecting: 201)
            await tokens.keep(app, fixture.owner, fixture.url)
        }
        // What a kill in the middle of an append leaves behind.
        try Files.appendDurably("\(store)/journal.jsonl", Array(#"[{"issue":{"_0":{"id":1"#.utf8))
        try await ForgeFixture.with(directory: store) { fixture in
            #expect(fixture.owner == (await tokens.owner))
            #expect(fixture.url == (await tokens.url), "the address stays where it can")
            let app = await tokens.app
            let issue = try await fixture.json(.get, "/issues/1", as: app)
            #expect(issue["labels"]?[0]?["name"] == "run:dev" && issue["comments"] == 1)
            #expect(try await fixture.json(.get, "/pulls/2", as: app)["state"] == "open")
            // Numbers and identifiers go on where they were.
            #expect(try await fixture.issue() == 3)
            let events = try await fixture.json(.get, "/issues/events").arrayValue ?? []
            #expect(Set(events.compactMap { $0["id"]?.integerValue }).count == events.count)
        }
    }

    @Test func aPushThatNobodyNotedIsNotedAtTheNextStart() async throws {
        let folder = try Files.temporaryDirectory(prefix: "codex-k8s-forge-push")
        defer { try? Files.remove(folder) }
        let store = "\(folder)/forge"
        try await ForgeFixture.with(directory: store) { fixture in
            let app = try await fixture.installationToken()
            let folder = try await fixture.workspace(app, branch: "codex/issue-1", file: "a.txt")
            try await fixture.git(["push", "--quiet", "origin", "codex/issue-1"], in: folder)
            try await fixture.json(
                .post, "/pulls", ["title": "One", "head": "codex/issue-1", "base": "main"], as: app, expecting: 201)
        }
        let name = try #require(try Files.list("\(store)/repositories").first { $0.hasSuffix(".git") })
        let repository = GitRepository(path: "\(store)/repositories/\(name)")
        let old = try #require(try await repository.resolve("refs/heads/codex/issue-1"))
        let new = try await repository.commit(
            file: "b.txt", content: [65], on: old, message: "More",
            by: GitSignature(name: "T", email: "t@example.invalid", date: "2026-01-01T00:00:00Z"))
        try await repository.updateReference("refs/heads/codex/issue-1", to: new, from: old)
        try await ForgeFixture.with(directory: store) { fixture in
            let page = try await fixture.call(.get, "//acme/shop/pull/1")
            #expect(String(decoding: page.body, as: UTF8.self).contains("open, by codex-k8s[bot]"))
            try await fixture.eventually("the pull request has the new head") {
                try await fixture.json(.get, "/pulls")[0]?.at("head", "sha")?.stringValue == new
            }
        }
    }

    @Test func aSecondProcessOnTheFolderIsRefused() async throws {
        try await ForgeFixture.with { fixture in
            await #expect(throws: SystemError.self) {
                _ = try await ForgeStore.open(directory: fixture.directory)
            }
        }
    }

    @Test func damageIsNamedByItsLine() async throws {
        let folder = try Files.temporaryDirectory(prefix: "codex-k8s-forge-damaged")
        defer { try? Files.remove(folder) }
        try Files.writeAtomically("\(folder)/journal.jsonl", Array("[]\n{broken\n[]\n".utf8))
        let error = await #expect(throws: ForgeStoreError.self) { _ = try await ForgeStore.open(directory: folder) }
        #expect(error?.line == 2)
    }

    private actor Secrets {
        private(set) var app = ""
        private(set) var owner = ""

        private(set) var url = ""

        func keep(_ app: String, _ owner: String, _ url: String) {
            self.url = url
            self.app = app
            self.owner = owner
        }
    }
}
