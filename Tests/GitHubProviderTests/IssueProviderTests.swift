// SPDX-License-Identifier: MIT
import AgentAPI
import DevForge
import GitHubProvider
import HTTPTypes
import JSONCoding
import SourceProvider
import Testing

@Suite(.timeLimit(.minutes(1)))
struct IssueProviderTests {
    @Test func readsRepositoryIssueAndWhoWeAre() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue("Make it so", labels: ["run:dev", "[ai-model-x]"])
            let identity = try await fixture.provider.identity()
            #expect(identity.isBot && identity.login == "codex-k8s[bot]")
            let repository = try await fixture.provider.repository(fixture.repository)
            #expect(repository.id == fixture.forge.credentials.repositoryID && repository.defaultBranch == "main")
            let issue = try await fixture.provider.issue(number, in: fixture.repository)
            #expect(issue.title == "Make it so" && issue.body == "text" && issue.isOpen)
            #expect(issue.labels == ["run:dev", "[ai-model-x]"] && issue.author.login == "acme")
            let open = try await fixture.provider.openIssues(labelled: "run:dev", in: fixture.repository)
            #expect(open.map(\.number) == [number])
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.issue(999, in: fixture.repository)
            }
            #expect(error?.code == .notFound && error?.request == "GET /repos/acme/shop/issues/999")
        }
    }

    @Test func labelEventsComeFromEveryPage() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            for _ in 1...60 {
                try await fixture.forge(.post, "/issues/\(number)/labels", ["labels": ["run:dev"]])
                try await fixture.forge(.delete, "/issues/\(number)/labels/run%3Adev", as: "triager")
            }
            try await fixture.forge(.patch, "/issues/\(number)", ["state": "closed"])
            let events = try await fixture.provider.labelEvents(issue: number, in: fixture.repository)
            #expect(events.count == 120 && events.map(\.id) == events.map(\.id).sorted())
            #expect(events.first?.isSet == true && events.last?.isSet == false)
            #expect(events.last?.actor.login == "triager" && events.last?.label == "run:dev")
        }
    }

    @Test func labelsGoOnAndOffAsOftenAsOneLikes() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            for _ in 1...2 {
                try await fixture.provider.addLabels(
                    ["state:in-review", "need:input"], issue: number, in: fixture.repository)
            }
            for _ in 1...2 {
                try await fixture.provider.removeLabel("need:input", issue: number, in: fixture.repository)
            }
            for _ in 1...2 { try await fixture.provider.react("eyes", issue: number, in: fixture.repository) }
            let issue = try await fixture.forge(.get, "/issues/\(number)")
            #expect(issue["labels"]?.arrayValue?.map { $0["name"]?.stringValue } == ["state:in-review"])
            #expect(issue.at("reactions", "eyes") == 1)
            // A label of an issue that is not there is another matter.
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.removeLabel("x", issue: 99, in: fixture.repository)
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test(arguments: [
        ("acme", RepositoryPermission.admin), ("triager", .triage), ("outsider", .read), ("nobody", .none),
    ])
    func permissions(login: String, expected: RepositoryPermission) async throws {
        try await ProviderFixture.with { fixture in
            let permission = try await fixture.provider.permission(of: login, in: fixture.repository)
            #expect(permission == expected)
        }
    }

    @Test func ourCommentsAreKnownByMarkerAndAuthor() async throws {
        try await ProviderFixture.with { fixture in
            let number = try await fixture.issue()
            let marker = "<!-- codex-k8s:status -->"
            try await fixture.forge(.post, "/issues/\(number)/comments", ["body": .string("\(marker) not ours")])
            let one = try await fixture.provider.createComment("\(marker)\none", issue: number, in: fixture.repository)
            let two = try await fixture.provider.createComment("\(marker)\ntwo", issue: number, in: fixture.repository)
            let found = try await fixture.provider.comments(marker: marker, issue: number, in: fixture.repository)
            #expect(found.map(\.id) == [one.id, two.id])
            for _ in 1...2 { try await fixture.provider.deleteComment(two.id, in: fixture.repository) }
            #expect(try await fixture.provider.comment(two.id, in: fixture.repository) == nil)
            try await fixture.provider.updateComment(one.id, body: "\(marker)\nnew", in: fixture.repository)
            #expect(try await fixture.provider.comment(one.id, in: fixture.repository)?.body == "\(marker)\nnew")
        }
    }
}
