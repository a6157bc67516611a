// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding
import KubernetesAPI
import KubernetesClient

/// Reads and writes one lease; each request once, with a short deadline.
struct LeaseLock: Sendable {
    let api: APIClient
    let namespace: String
    let name: String
    /// The deadline of a request.
    let timeout: Duration

    func read() async -> ElectionMachine.Answer {
        do {
            return .found(ObservedLease(object: try await send(.get, name: name, body: nil, verb: "get")))
        } catch {
            return error.reason == .notFound ? .absent : .failed("\(error)")
        }
    }

    func write(_ record: ElectionRecord, over lease: ObservedLease?) async -> ElectionMachine.Answer {
        var object =
            lease?.object ?? [
                "apiVersion": .string(ResourceType.lease.apiVersion), "kind": .string(ResourceType.lease.kind),
                "metadata": ["name": .string(name), "namespace": .string(namespace)],
            ]
        record.write(into: &object)
        do {
            let written =
                lease == nil
                ? try await send(.post, name: nil, body: object, verb: "create")
                : try await send(.put, name: name, body: object, verb: "update")
            return .written(ObservedLease(object: written))
        } catch {
            switch error.reason {
            case .conflict, .alreadyExists: return .refused
            // It was deleted meanwhile, so nobody holds what was to be written over.
            case .notFound where lease != nil: return .refused
            default: return .failed("\(error)")
            }
        }
    }

    private func send(
        _ method: HTTPMethod, name: String?, body: JSONValue?, verb: String
    ) async throws(APIError) -> JSONValue {
        let type = ResourceType.lease
        return try await api.json(
            APIRequest(
                method, name.map { type.path(namespace: namespace, name: $0) } ?? type.path(namespace: namespace),
                body: body, timeout: timeout, label: "\(verb) \(type.qualifiedName)"))
    }
}
