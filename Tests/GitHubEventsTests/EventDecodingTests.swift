// SPDX-License-Identifier: MIT
import GitHubEvents
import JSONCoding
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventDecodingTests {
    private static let repository: JSONValue = ["id": 1_296_269, "full_name": "acme/shop", "private": true]
    private static let sender: JSONValue = ["id": 21, "login": "octocat", "type": "User", "site_admin": false]
    private static let labeled: JSONValue = [
        "action": "labeled",
        "issue": [
            "number": 42, "updated_at": "2026-11-22T21:00:00Z", "state": "open", "title": "x", "body": nil,
            "labels": [["name": "run:dev"]],
        ],
        "label": ["id": 5, "name": "run:dev"], "repository": repository, "sender": sender, "installation": ["id": 3],
    ]
    private static let review: JSONValue = [
        "action": "submitted",
        "review": [
            "id": 80, "state": "changes_requested", "submitted_at": "2026-11-22T21:00:00Z", "user": sender,
            "body": "no",
        ],
        "pull_request": [
            "number": 7, "state": "open", "head": ["ref": "codex/issue-42", "repo": repository],
            "base": ["ref": "main", "repo": repository],
        ],
        "repository": repository, "sender": sender,
    ]

    private func decode(_ kind: GitHubEventKind, _ payload: JSONValue) -> Result<GitHubEvent, MalformedEvent> {
        Result { () throws(MalformedEvent) in try GitHubEvent.decode(kind, payload.encoded()) }
    }

    @Test func labelling() throws {
        guard case .issues(let event) = try decode(.issues, Self.labeled).get() else {
            Issue.record("another event")
            return
        }
        #expect(event.action == "labeled" && event.label == "run:dev" && event.issue.number == 42)
        #expect(event.issue.updatedAt.text == "2026-11-22T21:00:00Z" && !event.issue.isPullRequest)
        #expect(event.repository.id == 1_296_269 && event.repository.fullName == "acme/shop")
        #expect(event.sender?.login == "octocat" && event.sender?.isBot == false)
    }

    @Test func labelIsReadWithTheActionsAboutLabelsAlone() throws {
        var closed = Self.labeled
        closed["action"] = "closed"
        closed["label"] = "not even an object"
        closed.setValue("closed", at: ["issue", "state"])
        guard case .issues(let event) = try decode(.issues, closed).get() else { return }
        #expect(event.label == nil && event.issue.isClosed)
    }

    @Test func reviewThatAsksForChanges() throws {
        for spelling in ["changes_requested", "CHANGES_REQUESTED"] {
            var payload = Self.review
            payload.setValue(.string(spelling), at: ["review", "state"])
            guard case .pullRequestReview(let event) = try decode(.pullRequestReview, payload).get() else { return }
            #expect(event.state == .changesRequested && event.reviewID == 80 && event.reviewer?.login == "octocat")
            #expect(event.pullRequest.number == 7 && event.pullRequest.head.name == "codex/issue-42")
            #expect(event.pullRequest.head.repositoryID == event.pullRequest.base.repositoryID)
        }
    }

    @Test func whatIsGoneMayBeNull() throws {
        var payload = Self.review
        payload.setValue(nil, at: ["pull_request", "head", "repo"])
        payload.setValue(.null, at: ["review", "user"])
        payload.setValue("dismissed", at: ["review", "state"])
        guard case .pullRequestReview(let event) = try decode(.pullRequestReview, payload).get() else { return }
        #expect(event.pullRequest.head.repositoryID == nil && event.reviewer == nil && event.state == .other)
    }

    @Test func otherKinds() throws {
        let comment = try decode(
            .issueComment,
            [
                "action": "created", "issue": Self.labeled["issue"] ?? .null, "comment": ["id": 9],
                "repository": Self.repository,
            ]
        ).get()
        #expect(comment.kind == .issueComment && comment.action == "created")
        let pull = try decode(
            .pullRequest,
            [
                "action": "closed", "pull_request": Self.review["pull_request"] ?? .null,
                "repository": Self.repository,
            ]
        ).get()
        #expect(pull.kind == .pullRequest && pull.repository?.fullName == "acme/shop")
        let ping = try decode(.ping, ["zen": "Keep it logically awesome.", "hook_id": 1]).get()
        #expect(ping.kind == .ping && ping.repository == nil)
    }

    @Test func kindsOfNoUseAreNotEvenParsed() throws {
        #expect(try GitHubEvent.decode(.other, Array("no JSON".utf8)) == .other)
        #expect(GitHubEventKind(fieldValue: "push") == .other)
        #expect(GitHubEventKind(fieldValue: "pull_request_review") == .pullRequestReview)
    }

    @Test(
        arguments: [
            (["action"], nil, "action: is missing"), (["action"], 5, "action: expected text, found integer"),
            (["action"], "", "action: expected 1 to 100 bytes, found 0"), (["issue"], nil, "issue: is missing"),
            (["issue"], [], "issue: expected an object, found array"),
            (["issue", "number"], "42", "issue.number: expected a whole number from 1 to 2147483647"),
            (["issue", "number"], 0, "issue.number: expected a whole number from 1 to 2147483647"),
            (["issue", "number"], 4_294_967_296, "issue.number: expected a whole number from 1 to 2147483647"),
            (["issue", "number"], 1.5, "issue.number: expected a whole number from 1 to 2147483647"),
            (["issue", "updated_at"], "yesterday", "issue.updated_at: expected a time such as 2026-11-22T21:00:00Z"),
            (["label"], nil, "label: is missing"), (["label", "name"], .null, "label.name: is missing"),
            (["label", "name"], "a\nb", "label.name: holds a control character"),
            (
                ["label", "name"], .string(String(repeating: "x", count: 201)),
                "label.name: expected 1 to 200 bytes, found 201"
            ),
            (["repository", "id"], -1, "repository.id: expected a whole number from 1 to 9223372036854775807"),
            (["repository", "full_name"], nil, "repository.full_name: is missing"),
            (["sender", "login"], nil, "sender.login: is missing"),
        ] as [([String], JSONValue?, String)])
    func errorNamesTheField(path: [String], value: JSONValue?, message: String) {
        var payload = Self.labeled
        payload.setValue(value, at: path)
        guard case .failure(let error) = decode(.issues, payload) else {
            Issue.record("accepted \(path)")
            return
        }
        #expect(error.description == message)
    }

    @Test(arguments: [
        "", "[]", "null", "{", "{\"action\":\"labeled\"}x", "{\"action\":\"\u{0}\"}",
        String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65),
        String(repeating: "[", count: 1_000_000),
    ])
    func brokenJSONIsRefused(text: String) {
        #expect(throws: MalformedEvent.self) { try GitHubEvent.decode(.issues, Array(text.utf8)) }
    }

    @Test func invalidUTF8IsRefused() {
        var bytes = Self.labeled.encoded()
        bytes.insert(contentsOf: Array(#""x":""#.utf8) + [0xC3, 0x28] + Array(#"","#.utf8), at: 1)
        #expect(throws: MalformedEvent.self) { try GitHubEvent.decode(.issues, bytes) }
    }
}
