// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import DevForge
import GitHubProvider
import HTTPTypes
import JSONCoding
import SourceProvider
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PullProviderTests {
    private static let draft = PullRequestDraft(
        title: "One", body: "Closes #1", headBranch: "codex/issue-1", baseBranch: "main")

    @Test func opensOnePullRequestHoweverOftenItIsAsked() async throws {
        try await ProviderFixture.with { fixture in
            try await fixture.issue()
            let head = try await fixture.branch("codex/issue-1")
            #expect(try await fixture.provider.openPullRequest(head: "codex/issue-1", in: fixture.repository) == nil)
            let made = try await fixture.provider.createPullRequest(Self.draft, in: fixture.repository)
            let again = try await fixture.provider.createPullRequest(Self.draft, in: fixture.repository)
            #expect(made.number == 2 && again == made && made.headSHA == head)
            let own = try await fixture.provider.identity()
            #expect(made.author == own)
            #expect(made.headRepositoryID == made.baseRepositoryID)
            #expect(try await fixture.requests("POST /repos/{owner}/{repo}/pulls") == 1)
            let changed = try await fixture.provider.updatePullRequest(
                2, title: nil, body: "new", in: fixture.repository)
            #expect(changed.title == "One" && changed.body == "new")
            // A closed one does not count.
            try await fixture.forge(.patch, "/pulls/2", ["state": "closed"])
            #expect(try await fixture.provider.openPullRequest(head: "codex/issue-1", in: fixture.repository) == nil)
            let closed = try await fixture.provider.pullRequest(2, in: fixture.repository)
            #expect(!closed.isOpen && !closed.isMerged)
        }
    }

    @Test func aLostAnswerDoesNotMakeASecondPullRequest() async throws {
        try await ProviderFixture.with { fixture in
            try await fixture.branch("codex/issue-1")
            try await fixture.fault([
                "match": "POST /repos/{owner}/{repo}/pulls", "status": 502, "afterEffect": true,
            ])
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.createPullRequest(Self.draft, in: fixture.repository)
            }
            #expect(error?.code == .unavailable && error?.isTransient == true)
            let found = try await fixture.provider.createPullRequest(Self.draft, in: fixture.repository)
            #expect(found.number == 1)
        }
    }

    @Test func nothingToMergeIsInvalid() async throws {
        try await ProviderFixture.with { fixture in
            let error = await #expect(throws: ProviderError.self) {
                try await fixture.provider.createPullRequest(Self.draft, in: fixture.repository)
            }
            #expect(error?.code == .invalid)
        }
    }

    @Test func feedbackIsWhatPeopleSaid() async throws {
        try await ProviderFixture.with { fixture in
            try await fixture.branch("codex/issue-1")
            let pull = try await fixture.provider.createPullRequest(Self.draft, in: fixture.repository)
            _ = try await fixture.provider.createComment("ours", issue: pull.number, in: fixture.repository)
            try await fixture.forge(.post, "/issues/\(pull.number)/comments", ["body": "below"])
            let review = try await fixture.forge(
                .post, "/pulls/\(pull.number)/reviews",
                [
                    "event": "REQUEST_CHANGES", "body": "whole",
                    "comments": [["path": "hello.txt", "line": 1, "body": "line"]],
                ])
            let feedback = try await fixture.provider.feedback(pullRequest: pull.number, in: fixture.repository)
            #expect(Set(feedback.map(\.body)) == ["below", "whole", "line"])
            #expect(feedback.first { $0.body == "line" }?.path == "hello.txt")
            #expect(feedback.first { $0.body == "line" }?.line == 1)
            let id = try #require(review["id"]?.integerValue)
            let read = try await fixture.provider.review(id, pullRequest: pull.number, in: fixture.repository)
            #expect(read.state == "CHANGES_REQUESTED" && read.author.login == "acme")
            #expect(read.commit == pull.headSHA && read.submittedAt != nil && read.asksForChanges)
            #expect(try await fixture.provider.reviews(pullRequest: pull.number, in: fixture.repository) == [read])
        }
    }

    /// The one that was reviewed comes first, with another time of its last change; closed ones are left out.
    @Test func pullRequestsThatChangedLastComeFirst() async throws {
        try await ProviderFixture.with { fixture in
            var made: [PullRequest] = []
            for number in 1...3 {
                try await fixture.branch("codex/issue-\(number)", file: "file-\(number).txt")
                let draft = PullRequestDraft(
                    title: "One", body: "Refs #\(number)", headBranch: "codex/issue-\(number)", baseBranch: "main")
                made.append(try await fixture.provider.createPullRequest(draft, in: fixture.repository))
                fixture.clock.advance(.seconds(10))
            }
            let before = try await fixture.provider.recentPullRequests(in: fixture.repository)
            #expect(before.map(\.number) == made.reversed().map(\.number))
            try await fixture.forge(
                .post, "/pulls/\(made[0].number)/reviews", ["event": "REQUEST_CHANGES", "body": "Please mend"])
            try await fixture.forge(.patch, "/pulls/\(made[2].number)", ["state": "closed"])
            let after = try await fixture.provider.recentPullRequests(in: fixture.repository)
            #expect(after.map(\.number) == [made[0].number, made[1].number])
            #expect(after[0].updatedAt != before[2].updatedAt && after[1].updatedAt == before[1].updatedAt)
            #expect(try await fixture.provider.reviews(pullRequest: made[1].number, in: fixture.repository).isEmpty)
        }
    }

    @Test func readsBranchesComparisonsAndTrees() async throws {
        try await ProviderFixture.with { fixture in
            let base = try #require(try await fixture.provider.branchHead("main", in: fixture.repository))
            let head = try await fixture.branch("codex/issue-1", file: "docs/hello.txt")
            #expect(try await fixture.provider.branchHead("codex/issue-1", in: fixture.repository) == head)
            #expect(try await fixture.provider.branchHead("codex/issue-2", in: fixture.repository) == nil)
            let forward = try await fixture.provider.compare(base: base, head: head, in: fixture.repository)
            #expect(forward == CommitComparison(aheadBy: 1, behindBy: 0, mergeBase: base))
            #expect(forward.headDescendsFromBase)
            let back = try await fixture.provider.compare(base: "codex/issue-1", head: "main", in: fixture.repository)
            #expect(!back.headDescendsFromBase)
            let tree = try await fixture.provider.tree(commit: head, in: fixture.repository)
            #expect(tree.entries.map(\.path) == ["README.md", "docs/hello.txt"] && !tree.isTruncated)
        }
    }

    @Test func readsFilesAtTheirCommit() async throws {
        try await ProviderFixture.with { fixture in
            let before = try #require(try await fixture.provider.branchHead("main", in: fixture.repository))
            let path = "prompts/dev/work.ru.md"
            func put(_ path: String, _ content: [UInt8], _ branch: String) async throws -> String {
                let answer = try await fixture.forge(
                    .put, "/contents/\(path)",
                    ["message": "Put", "content": .string(Base64.encode(content)), "branch": .string(branch)])
                return try #require(answer.at("commit", "sha")?.stringValue)
            }
            try await fixture.branch("codex/issue-1")
            let text = Array(String(repeating: "Прочитайте задачу. ", count: 50).utf8)
            let after = try await put(path, text, "codex/issue-1")
            func read(_ path: String, _ commit: String, limit: Int = 2_000_000) async throws -> [UInt8]? {
                try await fixture.provider.file(path, commit: commit, in: fixture.repository, limit: limit)
            }
            #expect(try await read(path, after) == text)
            #expect(try await read(path, before) == nil)
            #expect(try await read("prompts/dev/work.en.md", after) == nil)
            #expect(try await read("prompts/none/work.ru.md", after) == nil)
            #expect(try await read("prompts/dev", after) == nil, "a folder is no file")
            #expect(try await read(path, String(repeating: "0", count: 40)) == nil)
            // The bound, to the byte; and what GitHub does not give at all.
            #expect(try await read(path, after, limit: text.count) == text)
            let error = await #expect(throws: ProviderError.self) { try await read(path, after, limit: text.count - 1) }
            #expect(error?.code == .invalid && error?.message.contains("at most \(text.count - 1)") == true)
            let large = try await put("large.bin", [UInt8](repeating: 65, count: 1_100_000), "codex/issue-1")
            let refused = await #expect(throws: ProviderError.self) { try await read("large.bin", large) }
            #expect(refused?.code == .invalid && refused?.message.contains("1100000 bytes") == true)
            #expect(try await read("empty.md", try await put("empty.md", [], "codex/issue-1")) == [])
            try await fixture.fault(["match": "GET /repos/{owner}/{repo}/contents", "status": 502])
            let away = await #expect(throws: ProviderError.self) { try await read(path, after) }
            #expect(away?.code == .unavailable)
            // What is larger than a hundred megabytes is refused like something that we may not see.
            for (message, code) in [
                ("This API returns blobs up to 100 MB in size. The requested blob is too large", ProviderError.Code.invalid),
                ("Resource not accessible by integration", .forbidden),
            ] {
                try await fixture.fault(
                    ["match": "GET /repos/{owner}/{repo}/contents", "status": 403, "message": .string(message)])
                let huge = await #expect(throws: ProviderError.self) { try await read(path, after) }
                #expect(huge?.code == code)
            }
        }
    }

    @Test func confinementIsReadFromTheRules() async throws {
        try await ProviderFixture.with { fixture in
            #expect(try await fixture.provider.confinesApp(branch: "codex/issue-1", in: fixture.repository))
            let id = try #require(try await fixture.forge(.get, "/rulesets")[0]?["id"]?.integerValue)
            try await fixture.forge(.delete, "/rulesets/\(id)")
            #expect(try await fixture.provider.confinesApp(branch: "codex/issue-1", in: fixture.repository) == false)
        }
    }

    @Test func runTokensWriteContentsAlone() async throws {
        try await ProviderFixture.with { fixture in
            let run = try await fixture.provider.mintRunToken(fixture.repository)
            #expect(run.expiresAt.since(fixture.clock.now) > .seconds(3500))
            #expect("\(run.token)" == "‹redacted›")
            #expect(fixture.provider.gitURL(fixture.repository) == "\(fixture.url)/acme/shop.git")
        }
    }
}
