// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTransport
import HTTPTypes
import JSONCoding

/// An AgentRun as the server took it.
struct CreatedRun: Sendable {
    var name: String
    var uid: String
    var resourceVersion: String
    /// When the server's answer was there.
    var answeredAt: ContinuousClock.Instant
}

/// Creates AgentRuns as the edge does, with the edge's own rights.
struct RunGenerator: Sendable {
    let server: BareServer
    let http: HTTPClient
    let forge: Forge

    /// The whole size of an object, in bytes. The spec has no free text, so an annotation carries what is missing.
    static let size = 1500
    static let path = "/apis/codex-k8s.dev/v1alpha1/namespaces/\(Ground.namespace)/agentruns"

    func body(_ name: String, issue: Int, agent: Int) -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "codex-k8s.dev/v1alpha1", "kind": "AgentRun",
            "metadata": [
                "name": .string(name), "namespace": .string(Ground.namespace),
                "labels": [
                    Keys.repositoryID: .string(String(forge.repositoryID)), Keys.issue: .string(String(issue)),
                ],
                "annotations": [Keys.receivedAt: "2026-11-22T21:00:00.000000Z"],
            ],
            "spec": [
                "repository": .string(forge.repository), "repositoryID": .integer(forge.repositoryID),
                "issue": .integer(Int64(issue)),
                "trigger": [
                    "kind": "dev", "label": "run:dev", "actor": .string(forge.owner),
                    "deliveryID": .string("bench-\(name)"), "correlationID": .string("bench-\(name)"),
                ],
                "agent": ["key": .string("bench\(agent)")],
            ],
        ]
        let missing = max(0, Self.size - object.encoded().count - 40)
        object.setValue(.string(String(repeating: "x", count: missing)), at: ["metadata", "annotations", "bench/padding"])
        return object
    }

    func create(_ name: String, issue: Int, agent: Int = 0) async throws -> CreatedRun {
        let answer = try await server.write(
            http, .post, Self.path, body: body(name, issue: issue, agent: agent).encoded())
        let instant = ContinuousClock.now
        let metadata = try JSONValue.parse(answer.body)["metadata"]
        guard let uid = metadata?["uid"]?.stringValue, let version = metadata?["resourceVersion"]?.stringValue else {
            throw BrokenRun("creating \(name): the answer has no uid")
        }
        return CreatedRun(name: name, uid: uid, resourceVersion: version, answeredAt: instant)
    }
}
