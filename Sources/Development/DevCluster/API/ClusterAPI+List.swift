// SPDX-License-Identifier: MIT
import Cryptography
import JSONCoding
import KubernetesAPI
import Synchronization

extension ClusterAPI {
    /// A page of a list.
    struct Page: Sendable {
        var items: [JSONValue]
        var revision: UInt64
        /// The token of the next page; empty on the last.
        var next: String
        /// How many objects follow, when that is known.
        var remaining: Int?
    }

    /// The objects that a filter accepts, as one version shows them.
    ///
    /// - Parameters:
    ///   - limit: at most so many; 0 for all.
    ///   - token: what the page before gave.
    /// - Throws: `Expired` when the list that the token continues is gone.
    func list(
        _ resource: ServedResource, namespace: String?, filter: ObjectFilter, limit: Int = 0, token: String? = nil
    ) throws(StatusError) -> Page {
        if let token, !token.isEmpty {
            guard Base64URL.decode(token)?.count == ListPages.tokenBytes else {
                throw .badRequest("continue key is not valid: it was not given by this server")
            }
            guard let page = pages.next(token: token, limit: limit) else {
                throw .expired(
                    "The provided continue parameter is too old to display a consistent list result. "
                        + "You can start a new list without the continue parameter.")
            }
            return page
        }
        let (items, revision) = store.objects(resource.bucket, namespace: resource.isNamespaced ? namespace : nil)
        var matching: [JSONValue] = []
        matching.reserveCapacity(items.count)
        for item in items {
            let object = resource.present(item)
            if filter.isEmpty || filter.matches(object) { matching.append(object) }
        }
        return pages.first(matching, revision: revision, limit: limit)
    }
}

/// Lists that clients read page by page. A later page is of the same moment as the first: the rest is kept for a while.
final class ListPages: Sendable {
    private struct Rest {
        var items: ArraySlice<JSONValue>
        var revision: UInt64
        var age: UInt64
    }

    private struct State {
        var rests: [String: Rest] = [:]
        var clock: UInt64 = 0
    }

    static let tokenBytes = 18

    /// How many unfinished lists are kept: objects are shared with the store, so a rest costs little.
    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 256) { self.capacity = capacity }

    func first(_ items: [JSONValue], revision: UInt64, limit: Int) -> ClusterAPI.Page {
        page(items[...], revision: revision, limit: limit)
    }

    func next(token: String, limit: Int) -> ClusterAPI.Page? {
        guard let rest = state.withLock({ $0.rests[token] }) else { return nil }
        return page(rest.items, revision: rest.revision, limit: limit)
    }

    private func page(_ items: ArraySlice<JSONValue>, revision: UInt64, limit: Int) -> ClusterAPI.Page {
        guard limit > 0, items.count > limit else {
            return ClusterAPI.Page(items: Array(items), revision: revision, next: "", remaining: nil)
        }
        let rest = items.dropFirst(limit)
        let token = Base64URL.encode(RandomBytes.generate(Self.tokenBytes))
        state.withLock { state in
            state.clock += 1
            state.rests[token] = Rest(items: rest, revision: revision, age: state.clock)
            if state.rests.count > capacity, let oldest = state.rests.min(by: { $0.value.age < $1.value.age })?.key {
                state.rests[oldest] = nil
            }
        }
        return ClusterAPI.Page(
            items: Array(items.prefix(limit)), revision: revision, next: token, remaining: rest.count)
    }
}
