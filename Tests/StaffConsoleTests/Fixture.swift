// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient
import KubernetesTestSupport
import OperatorParts
import ServiceRuntime
import Synchronization

@testable import StaffConsole

/// Runs as an API server gives them.
enum Sample {
    /// A run that goes on, with as much in its status as there can be; every text could be a stranger's.
    static let working: JSONValue = [
        "apiVersion": "codex-k8s.dev/v1alpha1", "kind": "AgentRun",
        "metadata": [
            "name": "run-42-abc", "namespace": "codex-k8s", "uid": "uid-42",
            "creationTimestamp": "2026-11-23T09:00:00Z", "resourceVersion": "7",
        ],
        "spec": [
            "repository": "acme/shop", "issue": 42, "attempts": 2,
            "trigger": ["kind": "dev", "revise": true, "actor": "olga", "label": "run:dev:revise"],
        ],
        "status": [
            "phase": "Running", "namespace": "codex-issue-42-dev-abc", "job": "run-xyz-2", "branch": "codex/issue-42",
            "attempt": 2, "startTime": "2026-11-23T09:00:05Z",
            "conditions": [
                [
                    "type": "Accepted", "status": "True", "reason": "Admitted", "message": "olga may write",
                    "lastTransitionTime": "2026-11-23T09:00:01Z",
                ],
                [
                    "type": "Ready", "status": "Unknown", "reason": "Running",
                    "message": "<script>alert(\"the agent works\")</script>",
                    "lastTransitionTime": "2026-11-23T09:00:06Z",
                ],
            ],
            "attempts": [
                [
                    "number": 1, "startTime": "2026-11-23T09:00:05Z", "completionTime": "2026-11-23T09:30:00Z",
                    "reason": "AgentFailed", "message": "exit code 3 & nothing else", "pausedSeconds": 75,
                ],
                ["number": 2, "startTime": "2026-11-23T09:31:00Z", "resumptions": 1],
            ],
            "progress": ["line": "reading \"main.swift\" <now>", "heartbeatTime": "2026-11-23T10:00:00Z"],
            "session": ["id": "0199-aaaa", "resumed": true, "savedBytes": 123_456],
            "effective": [
                "kind": "dev", "agent": "dev", "mode": "FullEnv",
                "model": ["value": "gpt-5", "source": "issue label"],
                "reasoningEffort": ["value": "xhigh", "source": "agent"],
                "template": [
                    "source": "repository", "version": "3", "hash": "0123456789abcdef0123", "locale": "en",
                ],
            ],
            "usage": [
                "inputTokens": 1_234_567, "cachedInputTokens": 900, "outputTokens": 4321, "reasoningTokens": 0,
            ],
        ],
    ]

    /// The same, waiting.
    static let waiting: JSONValue = {
        var run = working
        run.setValue("Waiting", at: ["status", "phase"])
        run.setValue(
            [
                "state": "WaitingRateLimit", "reason": "the model's provider asks for a pause",
                "since": "2026-11-23T10:01:00Z", "until": "2026-11-23T10:11:00Z", "remaining": 9005,
            ], at: ["status", "wait"])
        return run
    }()

    /// A run that ended with a pull request.
    static let ended: JSONValue = {
        var run = working
        run.setValue("Succeeded", at: ["status", "phase"])
        run.setValue("2026-11-23T10:30:00Z", at: ["status", "completionTime"])
        run.setValue(
            ["number": 7, "url": "https://github.com/acme/shop/pull/7", "headSHA": "abc"],
            at: ["status", "pullRequest"])
        return run
    }()

    /// A run that nobody has looked at.
    static let fresh: JSONValue = [
        "apiVersion": "codex-k8s.dev/v1alpha1", "kind": "AgentRun",
        "metadata": [
            "name": "new", "namespace": "codex-k8s", "uid": "uid-new", "creationTimestamp": "2026-11-23T09:00:00Z",
        ],
        "spec": ["repository": "acme/shop", "issue": 1, "trigger": ["kind": "qa", "requestedBy": "jane"]],
    ]

    static func run(_ json: JSONValue) throws -> AgentRun { try AgentRun.decode(JSONNode.tokenize(json.encoded())) }

    /// A fact of the record.
    static func fact(_ position: Int64, _ type: String, _ payload: JSONValue = [:]) -> RecordedEvent {
        RecordedEvent(
            id: "id-\(position)", position: position, correlationID: "c", runUID: "uid-42", attempt: 1, type: type,
            key: "", actor: AuditActor(kind: .system, id: "codex-k8s"), payload: payload,
            createdAt: Timestamp(microseconds: 1_795_000_000_000_000 + position * 1_000_000))
    }

    /// What a server answers to who asks for a table.
    static func table(
        _ rows: [(namespace: String, name: String, created: String, phase: JSONValue)], continue next: String? = nil
    ) -> JSONValue {
        func column(_ name: String, priority: Int64 = 0) -> JSONValue {
            ["name": .string(name), "type": "string", "format": "", "priority": .integer(priority)]
        }
        return [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": ["continue": .string(next ?? "")],
            "columnDefinitions": [
                column("Name"), column("Repository"), column("Issue"), column("Kind"), column("Phase"), column("PR"),
                column("Model", priority: 1), column("Age"),
            ],
            "rows": .array(
                rows.map { row in
                    [
                        "cells": [.string(row.name), "acme/shop", 42, "dev", row.phase, .null, "gpt-5", "5m"],
                        "object": [
                            "metadata": [
                                "name": .string(row.name), "namespace": .string(row.namespace),
                                "creationTimestamp": .string(row.created),
                            ]
                        ],
                    ]
                }),
        ]
    }
}

/// A record in memory, which remembers what it was asked.
final class MemoryAudit: AuditQuery {
    private let facts: [RecordedEvent]
    private let isAway: Bool
    private let log = Mutex<[String]>([])

    init(_ facts: [RecordedEvent] = [], isAway: Bool = false) {
        self.facts = facts
        self.isAway = isAway
    }

    var asked: [String] { log.withLock { $0 } }

    func traces(issue: Int, repository: String?) async throws(AuditError) -> [RunTrace] { [] }

    func events(runUID: String, after position: Int64, limit: Int) async throws(AuditError) -> [RecordedEvent] {
        log.withLock { $0.append("\(runUID) after \(position)") }
        if isAway { throw AuditError(isTransient: true, description: "reading facts: connection refused by 10.0.0.9") }
        return Array(facts.filter { $0.runUID == runUID && $0.position > position }.prefix(limit))
    }
}

/// What a browser does, and no more than a test tells it to.
struct Browser: Sendable {
    let url: String
    let http: HTTPClient
    var token: String? = "person"
    var cookieName = "codex-k8s-token"

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String
        var location: String? { headers["Location"] }
    }

    func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: String? = nil
    ) async throws -> Answer {
        var headers = headers
        if let token { headers.add(name: "Cookie", value: "theme=dark; \(cookieName)=\(token)") }
        if body != nil, headers["Content-Type"] == nil {
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        }
        let answer = try await http.send(
            ClientRequest(
                method: method, url: url + path, headers: headers, body: body.map { Array($0.utf8) },
                timeout: .seconds(20)))
        return Answer(
            status: answer.status.rawValue, headers: answer.headers, text: String(decoding: answer.body, as: UTF8.self))
    }

    func get(_ path: String, headers: HTTPHeaders = [:]) async throws -> Answer {
        try await send(.get, path, headers: headers)
    }

    /// Sends a form as one of the pages here would.
    func post(_ path: String, _ body: String = "", headers: HTTPHeaders = ["Sec-Fetch-Site": "same-origin"])
        async throws -> Answer
    {
        try await send(.post, path, headers: headers, body: body)
    }
}

/// Serves the pages, wired as the programs do it, with the operator's own credentials at hand.
func withConsole(
    api: String, host: String = "127.0.0.1", audit: MemoryAudit = MemoryAudit(),
    metrics: MetricsRegistry = MetricsRegistry(),
    redeem: @escaping @Sendable (String) -> Secret<String>? = { _ in nil },
    _ body: @Sendable (Browser) async throws -> Void
) async throws {
    let http = HTTPClient()
    defer { http.shutdown() }
    let operatorsOwn = ClusterConfiguration(
        server: api, token: .value(Secret("operators-token")), impersonation: .init(user: "the-operator"))
    let server = StaffConsoleServer(
        .init(
            connect: ConsoleParts.connector(cluster: operatorsOwn, http: http, metrics: metrics, logger: .disabled),
            audit: audit, redeem: redeem),
        host: host, port: 0, metrics: metrics, logger: .disabled)
    let serving = Task { try await server.run() }
    defer { serving.cancel() }
    let port = try await server.waitUntilListening()
    try await body(Browser(url: "http://127.0.0.1:\(port)", http: http))
}
