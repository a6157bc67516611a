// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI
import Synchronization

/// Which resources are served: the built-in ones and those of the custom resource definitions in the store.
///
/// It follows the store under the store's lock, so a definition is served from the moment its creation is acknowledged,
/// and never after its removal is.
final class CRDRegistry: Sendable {
    static let definitions = StorageBucket(group: "apiextensions.k8s.io", plural: "customresourcedefinitions")

    /// Group, version and plural of a request's path.
    struct Path: Hashable, Sendable {
        var group: String
        var version: String
        var plural: String
    }

    private struct State {
        var byPath: [Path: ServedResource] = [:]
        var builtIn: [ServedResource]
        var custom: [String: [ServedResource]] = [:]
        var problems: [String: String] = [:]
        var changes = 0
    }

    private let state: Mutex<State>

    init(builtIn: [ServedResource] = BuiltInResources.all) {
        var state = State(builtIn: builtIn)
        for resource in builtIn { state.byPath[Self.path(resource)] = resource }
        self.state = Mutex(state)
    }

    private static func path(_ resource: ServedResource) -> Path {
        Path(group: resource.group, version: resource.version, plural: resource.plural)
    }

    func resource(group: String, version: String, plural: String) -> ServedResource? {
        state.withLock { $0.byPath[Path(group: group, version: version, plural: plural)] }
    }

    /// The resource that a type names; its version must be served.
    func resource(_ type: ResourceType) throws(StatusError) -> ServedResource {
        guard let found = resource(group: type.group, version: type.version, plural: type.plural) else {
            throw StatusError.noSuchPath
        }
        return found
    }

    /// The resource of an object, in whatever version of its group.
    func resource(apiVersion: String, kind: String) -> ServedResource? {
        let parts = apiVersion.split(separator: "/", maxSplits: 1)
        let group = parts.count == 2 ? String(parts[0]) : ""
        let version = parts.last.map(String.init) ?? ""
        return state.withLock { state in
            let matching = state.byPath.values.filter { $0.group == group && $0.kind == kind }
            return matching.first { $0.version == version } ?? matching.first
        }
    }

    /// Everything that is served, in a stable order: core first, then by group, version and plural.
    var all: [ServedResource] {
        let (builtIn, custom) = state.withLock { ($0.builtIn, $0.custom.values.flatMap { $0 }) }
        return builtIn + custom.sorted { ($0.group, $0.version, $0.plural) < ($1.group, $1.version, $1.plural) }
    }

    /// One resource for each bucket that namespaces contain.
    var namespaced: [ServedResource] {
        var seen: Set<StorageBucket> = []
        return all.filter { $0.isNamespaced && $0.verbs.contains("delete") && seen.insert($0.bucket).inserted }
    }

    /// Grows with every change, for caches of what is derived.
    var changes: Int { state.withLock { $0.changes } }

    /// Definitions that are stored but cannot be served, with the reason.
    var problems: [String: String] { state.withLock { $0.problems } }

    /// Takes in the definitions that are stored.
    func load(_ definitions: [JSONValue]) {
        for definition in definitions { update(name: definition.name, to: definition) }
    }

    /// Follows the store.
    func observe(_ events: [StoreEvent]) {
        for event in events where event.key.bucket == Self.definitions {
            // Status and metadata change nothing that is served.
            if let object = event.object, let previous = event.previous, object["spec"] == previous["spec"] { continue }
            update(name: event.key.name, to: event.object)
        }
    }

    private func update(name: String, to definition: JSONValue?) {
        var served: [ServedResource] = []
        var problem: String?
        if let definition {
            do {
                served = try CustomResourceCompiler.compile(definition)
            } catch {
                problem = error.message
            }
        }
        state.withLock { state in
            for old in state.custom[name] ?? [] { state.byPath[Self.path(old)] = nil }
            state.custom[name] = served.isEmpty ? nil : served
            for resource in served { state.byPath[Self.path(resource)] = resource }
            state.problems[name] = problem
            state.changes += 1
        }
    }
}
