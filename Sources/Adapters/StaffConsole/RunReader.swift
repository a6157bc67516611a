// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient

/// A run's facts, as much as one page shows.
enum Timeline: Sendable, Hashable {
    /// Facts, oldest first, and the place after which more follow.
    case facts([RecordedEvent], next: Int64?)
    /// The record cannot be read now.
    case away
}

/// What a person may see of runs: it is all asked for with the token that the person gave.
struct RunReader: Sendable {
    /// Facts a page.
    static let factLimit = 100

    /// Sends that token and nothing else.
    let api: APIClient
    /// The record. It knows nothing of persons, so it is asked only about what the API server has just shown this one.
    let audit: any AuditQuery

    /// A page of runs.
    func runs(_ filter: RunFilter) async throws(APIError) -> RunTable {
        let type = AgentRun.resourceType
        let request = APIRequest(
            .get, type.path(namespace: filter.namespace),
            query: [.init(name: "limit", value: String(filter.limit))]
                + (filter.continueToken.map { [.init(name: "continue", value: $0)] } ?? []),
            accept: RunTable.mediaType, timeout: .seconds(10), label: "list \(type.qualifiedName)")
        let answer = try await api.json(request, limits: JSONLimits(skipsManagedFields: true))
        guard let table = RunTable(answer) else {
            throw APIError(reason: .undecodable, message: "the answer is no table of runs", request: request.label)
        }
        return table.only(filter.phase)
    }

    /// A run.
    func run(_ address: RunAddress) async throws(APIError) -> AgentRun {
        try await api.resource(AgentRun.self, namespace: address.namespace).get(address.name)
    }

    /// The facts of a run that the API server gave.
    ///
    /// - Parameter position: only those after it.
    func timeline(of run: AgentRun, after position: Int64) async -> (timeline: Timeline, problem: AuditError?) {
        do throws(AuditError) {
            let found = try await audit.events(runUID: run.metadata.uid, after: position, limit: Self.factLimit + 1)
            let shown = Array(found.prefix(Self.factLimit))
            return (.facts(shown, next: found.count > shown.count ? shown.last?.position : nil), nil)
        } catch {
            return (.away, error)
        }
    }
}
