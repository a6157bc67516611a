// SPDX-License-Identifier: MIT
package import AgentAPI
import KubernetesAPI
package import KubernetesClient

/// Puts an AgentRun into the cluster.
package protocol RunCreator: Sendable {
    /// Creates `run` unless there is one of its name.
    ///
    /// - Throws: ``RunCreationFailure``, or what the caller's cancellation makes of it.
    func create(_ run: AgentRun) async throws -> RunCreation
}

/// How creating ended.
package enum RunCreation: Sendable, Hashable {
    case created
    /// A run of this name is there: the same labelling, delivered again.
    case exists
}

/// Why a run could not be created.
package struct RunCreationFailure: Error, Sendable, CustomStringConvertible {
    /// Whether the same delivery would fail again for certain.
    package let isPermanent: Bool
    /// For the log.
    package let description: String

    /// A failure with the given parts.
    package init(isPermanent: Bool, description: String) {
        self.isPermanent = isPermanent
        self.description = description
    }
}

/// Creates runs through the API server.
package struct APIRunCreator: RunCreator {
    private let client: APIClient

    /// Creates as the identity of `client`, which needs `create` on agentruns and nothing else.
    package init(client: APIClient) {
        self.client = client
    }

    package func create(_ run: AgentRun) async throws -> RunCreation {
        do {
            _ = try await client.resource(AgentRun.self, namespace: run.metadata.namespace).create(run)
            return .created
        } catch  where error.reason == .alreadyExists {
            return .exists
        } catch  where error.reason == .undecodable {
            // The server said yes; that its answer could not be read is nothing that a second delivery would mend.
            return .created
        } catch {
            // Everything that is not about this one object may be mended while GitHub still has the delivery.
            throw RunCreationFailure(
                isPermanent: error.reason == .invalid || error.reason == .badRequest,
                description: error.description)
        }
    }
}
