// SPDX-License-Identifier: MIT
import AgentAPI
import GitHubEvents
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import Testing

@testable import WebhookEdge

@Suite(.timeLimit(.minutes(1))) struct RunIntakeTests {
    private static let receivedAt = Timestamp("2026-11-22T21:00:01.5Z") ?? .now

    private func decide(
        _ kind: GitHubEventKind, _ payload: JSONValue,
        configuration: JSONValue = ["repositories": [["name": "Acme/Shop"]]]
    ) throws -> RunIntake.Decision {
        let intake = RunIntake(configuration: try Payloads.configuration(configuration))
        return intake.decide(
            Delivery(id: "d-1", event: try GitHubEvent.decode(kind, payload), receivedAt: Self.receivedAt))
    }

    private func created(
        _ kind: GitHubEventKind, _ payload: JSONValue,
        configuration: JSONValue = ["repositories": [["name": "Acme/Shop"]]]
    ) throws -> AgentRun {
        guard case .create(let run) = try decide(kind, payload, configuration: configuration) else {
            throw Ignored()
        }
        return run
    }

    private struct Ignored: Error {}

    @Test func labellingBecomesARun() throws {
        let run = try created(.issues, Payloads.labeled)
        #expect(run.metadata.namespace == "codex-k8s")
        #expect(
            run.metadata.name
                == Names.run(repositoryID: 1001, issue: 42, label: "run:dev", updatedAt: "2026-11-22T21:00:00Z"))
        #expect(run.metadata.annotations == [Keys.receivedAt: "2026-11-22T21:00:01.500000Z"])
        #expect(run.metadata.labels == [Keys.issue: "42", Keys.repositoryID: "1001"])
        #expect(
            run.spec
                == AgentRunSpec(
                    repository: "Acme/Shop", repositoryID: 1001, issue: 42,
                    trigger: .init(
                        kind: "dev", label: "run:dev", actor: "octocat", deliveryID: "d-1",
                        labelledAt: Timestamp("2026-11-22T21:00:00Z"), correlationID: "d-1")))
        #expect(run.status == nil && run.spec.trigger.requestedBy == nil)
    }

    @Test func reviseLabelAsksForRevision() throws {
        var payload = Payloads.labeled
        payload.setValue("run:dev:revise", at: ["label", "name"])
        let run = try created(.issues, payload)
        #expect(run.spec.trigger.kind == "dev" && run.spec.trigger.revise == true)
    }

    @Test func nameTellsLabellingsApart() throws {
        let changes: [([String], JSONValue)] = [
            ([], .null), (["issue", "number"], 43), (["issue", "updated_at"], "2026-11-22T21:00:01Z"),
            (["label", "name"], "run:qa"), (["repository", "id"], 1002),
        ]
        let names = try changes.map { path, value in
            var payload = Payloads.labeled
            if !path.isEmpty { payload.setValue(value, at: path) }
            return try created(.issues, payload).metadata.name
        }
        #expect(Set(names).count == changes.count)
        #expect(names.allSatisfy { $0.utf8.count <= 52 })
    }

    @Test func reviewThatAsksForChangesBecomesARevision() throws {
        let run = try created(.pullRequestReview, Payloads.review)
        #expect(run.metadata.name == Names.run(repositoryID: 1001, pullRequest: 7, reviewID: 80))
        #expect(
            run.spec
                == AgentRunSpec(
                    repository: "Acme/Shop", repositoryID: 1001, issue: 42,
                    trigger: .init(
                        kind: "dev", revise: true, actor: "octocat", deliveryID: "d-1",
                        labelledAt: Timestamp("2026-11-22T21:00:00Z"), correlationID: "d-1", pullRequest: 7,
                        reviewID: 80)))
    }

    @Test(
        arguments: [
            (.issues, ["action"], "unlabeled", .action), (.issues, ["action"], "closed", .action),
            (.issues, ["action"], "opened", .action), (.issues, ["label", "name"], "bug", .label),
            (.issues, ["label", "name"], "state:in-review", .label),
            (.issues, ["label", "name"], "run:unknown", .label),
            (.issues, ["label", "name"], "run:qa:revise", .label),
            (.issues, ["repository", "full_name"], "acme/other", .repository),
            (.issues, ["repository", "full_name"], "not a name", .repository),
            (.issues, ["issue", "pull_request"], ["url": "x"], .pullRequest),
            (.pullRequestReview, ["action"], "edited", .action), (.pullRequestReview, ["action"], "dismissed", .action),
            (.pullRequestReview, ["review", "state"], "approved", .review),
            (.pullRequestReview, ["review", "state"], "commented", .review),
            (.pullRequestReview, ["repository", "full_name"], "acme/other", .repository),
            (.pullRequestReview, ["pull_request", "state"], "closed", .closed),
            (.pullRequestReview, ["pull_request", "head", "repo", "id"], 2002, .fork),
            (.pullRequestReview, ["pull_request", "head", "repo"], .null, .fork),
            (.pullRequestReview, ["pull_request", "head", "ref"], "feature/cart", .branch),
            (.pullRequestReview, ["pull_request", "head", "ref"], "codex/issue-42-unknown", .branch),
            (.pullRequestReview, ["pull_request", "head", "ref"], "main", .branch),
            (.ping, ["zen"], "x", .ping), (.issueComment, ["comment"], ["id": 1], .event),
            (.pullRequest, ["pull_request"], Payloads.review["pull_request"] ?? .null, .event),
            (.other, ["x"], 1, .event),
        ] as [(GitHubEventKind, [String], JSONValue, RunIntake.IgnoreReason)])
    func everythingElseIsIgnored(
        kind: GitHubEventKind, path: [String], value: JSONValue, reason: RunIntake.IgnoreReason
    ) throws {
        var payload = kind == .pullRequestReview ? Payloads.review : Payloads.labeled
        payload.setValue(value, at: path)
        #expect(try decide(kind, payload) == .ignore(reason))
    }

    /// The controller refuses what cannot be revised, because the edge cannot tell people why.
    @Test(arguments: TriggerKind.allCases) func reviewsOfEveryKindBecomeRuns(kind: TriggerKind) throws {
        var payload = Payloads.review
        payload.setValue(.string(kind.branch(issue: 42)), at: ["pull_request", "head", "ref"])
        let run = try created(.pullRequestReview, payload)
        #expect(run.spec.issue == 42 && run.spec.trigger.kind == kind.rawValue && run.spec.trigger.revise == true)
        #expect(run.spec.trigger.pullRequest == 7 && run.spec.trigger.reviewID == 80)
        #expect(run.metadata.name == Names.run(repositoryID: 1001, pullRequest: 7, reviewID: 80))
        #expect(run.spec.trigger.label == nil)
    }

    @Test func configuredIDDecidesWhichRepositoryIsMeant() throws {
        let configuration: JSONValue = [
            "repositories": [["name": "acme/store", "id": 1001], ["name": "acme/shop", "id": 5]]
        ]
        // Renamed: the id is known, the name is the configured one.
        let renamed = try created(.issues, Payloads.labeled, configuration: configuration)
        #expect(renamed.spec.repository == "acme/store" && renamed.spec.repositoryID == 1001)
        // Taken over: the name is known, the id is another's.
        var stranger = Payloads.labeled
        stranger.setValue(666, at: ["repository", "id"])
        #expect(try decide(.issues, stranger, configuration: configuration) == .ignore(.repository))
    }

    @Test func labelsAreTheConfiguredOnes() throws {
        let configuration: JSONValue = [
            "repositories": [["name": "acme/shop"]], "labels": ["triggers": ["please do": "dev"]],
        ]
        var payload = Payloads.labeled
        payload.setValue("please do", at: ["label", "name"])
        #expect(try created(.issues, payload, configuration: configuration).spec.trigger.label == "please do")
    }

    @Test(
        arguments: [
            ("octocat", "octocat"), ("renovate[bot]", "renovate[bot]"), ("ann_acme", "ann_acme"), ("-x", nil),
            ("a b", nil),
            ("[bot]", nil), ("ä", nil),
        ] as [(String, String?)])
    func loginThatTheResourceWouldRefuseIsLeftOut(login: String, actor: String?) throws {
        var payload = Payloads.labeled
        payload.setValue(.string(login), at: ["sender", "login"])
        #expect(try created(.issues, payload).spec.trigger.actor == actor)
    }

    @Test func senderMayBeGone() throws {
        var payload = Payloads.labeled
        payload["sender"] = nil
        #expect(try created(.issues, payload).spec.trigger.actor == nil)
    }

    @Test(arguments: TriggerKind.allCases) func branchesAreReadBack(kind: TriggerKind) {
        let branch = WorkBranch(kind.branch(issue: 42))
        #expect(branch?.issue == 42 && branch?.kind == kind)
    }

    @Test(arguments: [
        "codex/issue-", "codex/issue-0", "codex/issue-042", "codex/issue-42-", "codex/issue-42-unknown",
        "codex/issue-42/x", "x/codex/issue-42", "codex/issue-99999999999", "codex/issue-42-dev", "main", "",
    ])
    func otherBranchesAreNotOurs(name: String) {
        #expect(WorkBranch(name) == nil)
    }
}
