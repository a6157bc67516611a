// SPDX-License-Identifier: MIT
import JSONCoding

/// The admission policies in the store.
final class PolicyRegistry: Sendable {
    var problems: [String: String] { [:] }
    func load(from store: ObjectStore) {}
    func observe(_ events: [StoreEvent]) {}
    func check(definition: JSONValue, resource: ServedResource) throws(StatusError) {}
    func evaluate(
        _ request: AdmissionRequest, namespace: JSONValue?,
        parameter: (ServedResource, String, String) -> JSONValue?
    ) throws(StatusError) {}
}
