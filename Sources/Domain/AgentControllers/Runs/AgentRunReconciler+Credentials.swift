// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import JSONCoding
import KubernetesAPI
import KubernetesClient
import ServiceRuntime
import SourceProvider
import Synchronization

extension AgentRunReconciler {
    /// The broker's token: in a Secret of the run namespace, never in the agent's reach.
    func createCredentials(
        _ run: AgentRun, _ token: RunToken, namespace: String, attempt: Int, _ labels: [String: String]
    ) async throws {
        tokenExpiry.withLock { $0[run.metadata.uid] = token.expiresAt }
        let name = run.credentialsName
        let data = try credentials(token)
        let existing = try await createOurs(
            .secret, namespace: namespace, name: name, run: run,
            ["metadata": ["labels": JSONValue(labels)], "type": "Opaque", "data": data])
        if existing != nil { try await replaceToken(namespace: namespace, name: name, data: data) }
    }

    /// What the Secret holds: the code host's token, and the model's key as its file has it now.
    private func credentials(_ token: RunToken) throws -> JSONValue {
        var data: JSONValue = ["token": .string(Base64.encode(Array(token.token.reveal().utf8)))]
        if let key = try context.modelKey() { data["model-key"] = .string(Base64.encode(Array(key.reveal().utf8))) }
        return data
    }

    private func replaceToken(namespace: String, name: String, data: JSONValue) async throws {
        _ = try await context.api.objects(.secret, namespace: namespace).patch(name, .merge(["data": data]))
    }

    /// Puts a new token into the Secret well before the old one ends; the broker reads it anew for each request.
    ///
    /// - Returns: how long until the next renewal.
    func renewToken(_ run: AgentRun) async throws -> Duration {
        let reserve = Duration.seconds(15 * 60)
        let now = context.now()
        if let ends = tokenExpiry.withLock({ $0[run.metadata.uid] }), ends.since(now) > reserve {
            return ends.since(now) - reserve
        }
        guard let configured = context.configuredRepository(run), let namespace = run.status?.namespace else {
            return .seconds(60)
        }
        let token = try await context.source.mintRunToken(configured.name)
        let name = run.credentialsName
        try await replaceToken(namespace: namespace, name: name, data: try credentials(token))
        tokenExpiry.withLock { $0[run.metadata.uid] = token.expiresAt }
        return max(.seconds(60), token.expiresAt.since(now) - reserve)
    }
}
