// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import GitHubEvents
import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
import ServiceRuntime
import Synchronization
import WebhookEdge

/// Payloads as GitHub sends them, cut down to the fields in use and some that are not.
enum Payloads {
    static let secret = "correct horse battery staple"
    static let repository: JSONValue = ["id": 1001, "full_name": "acme/shop", "private": true]
    static let sender: JSONValue = ["id": 21, "login": "octocat", "type": "User"]

    static let labeled: JSONValue = [
        "action": "labeled",
        "issue": [
            "number": 42, "updated_at": "2026-11-22T21:00:00Z", "state": "open", "title": "Add a cart",
            "labels": [["name": "run:dev"]],
        ],
        "label": ["id": 5, "name": "run:dev"], "repository": repository, "sender": sender,
    ]

    static let review: JSONValue = [
        "action": "submitted",
        "review": ["id": 80, "state": "changes_requested", "submitted_at": "2026-11-22T21:00:00Z", "user": sender],
        "pull_request": [
            "number": 7, "state": "open", "head": ["ref": "codex/issue-42", "repo": repository],
            "base": ["ref": "main", "repo": repository],
        ],
        "repository": repository, "sender": sender,
    ]

    static func configuration(_ document: JSONValue = ["repositories": [["name": "Acme/Shop"]]]) throws
        -> OperatorConfiguration
    {
        try OperatorConfiguration(document)
    }

    static func signature(_ body: [UInt8], secret: String = secret) -> String {
        "sha256=" + Hex.encode(HMACKey(secret).sign(body))
    }

    static func headers(_ body: [UInt8], event: String = "issues", delivery: String = "d-1") -> HTTPHeaders {
        [
            "X-Hub-Signature-256": signature(body), "X-GitHub-Event": event, "X-GitHub-Delivery": delivery,
            "Content-Type": "application/json",
        ]
    }
}

/// Stands in for the cluster.
final class RecordingCreator: RunCreator {
    private let runs = Mutex<[String: AgentRun]>([:])
    private let failure: RunCreationFailure?
    private let hangs: Bool

    init(failure: RunCreationFailure? = nil, hangs: Bool = false) {
        self.failure = failure
        self.hangs = hangs
    }

    var created: [AgentRun] { runs.withLock { Array($0.values) } }

    func create(_ run: AgentRun) async throws -> RunCreation {
        if hangs { try await Task.sleep(for: .seconds(50)) }
        if let failure { throw failure }
        return runs.withLock { runs in
            guard runs[run.metadata.name] == nil else { return .exists }
            runs[run.metadata.name] = run
            return .created
        }
    }
}
