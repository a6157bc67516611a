// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

extension ClusterAPI {
    /// A page of a list.
    struct Page: Sendable {
        /// The objects, sorted by namespace and name, in the version that was asked for.
        var items: [JSONValue]
        /// The revision that they are true for.
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
    ///   - token: what the page before gave; it carries the moment of the list.
    ///   - moment: the revision to show; nil for now.
    /// - Throws: `Expired` when the history does not reach back to that moment any more.
    func list(
        _ resource: ServedResource, namespace: String?, filter: ObjectFilter, limit: Int = 0, token: String? = nil,
        at moment: UInt64? = nil
    ) throws(StatusError) -> Page {
        let scope = resource.isNamespaced ? namespace : nil
        guard let token, !token.isEmpty else {
            guard let found = store.entries(resource.bucket, namespace: scope, at: moment) else {
                throw .expired("The resourceVersion for the provided list is too old.")
            }
            return Self.page(found, from: nil, resource, filter, limit: limit)
        }
        let position = try ContinueToken(token)
        let wanted = position.revision == -1 ? nil : UInt64(position.revision)
        if let wanted, wanted > store.revision { throw .tooLarge(wanted, current: store.revision) }
        guard let found = store.entries(resource.bucket, namespace: scope, at: wanted) else {
            var goOn = position
            goOn.revision = -1
            var error = StatusError.expired(Self.tooOldToContinue)
            error.continuation = goOn.text
            throw error
        }
        return Self.page(found, from: position, resource, filter, limit: limit)
    }

    private static let tooOldToContinue =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        + "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
        + "the results. Continuing with the provided token results in an inconsistent list - objects that were "
        + "created, modified, or deleted between the time the first chunk was returned and now may show up in the list."

    private static func page(
        _ found: ObjectStore.Entries, from start: ContinueToken?, _ resource: ServedResource,
        _ filter: ObjectFilter, limit: Int
    ) -> Page {
        var page = Page(items: [], revision: found.revision, next: "", remaining: nil)
        var index = found.entries.startIndex
        if let start {
            index = found.entries.firstIndex { start.precedes($0.key) } ?? found.entries.endIndex
        }
        if limit == 0 { page.items.reserveCapacity(found.entries.endIndex - index) }
        while index < found.entries.endIndex {
            if limit > 0, page.items.count == limit {
                page.next =
                    ContinueToken(revision: Int64(found.revision), after: found.entries[index - 1].key).text
                // Selectors make what follows a guess, so nothing is said then.
                if filter.isEmpty { page.remaining = found.entries.endIndex - index }
                break
            }
            let object = resource.present(found.entries[index].json)
            if filter.isEmpty || filter.matches(object) { page.items.append(object) }
            index += 1
        }
        return page
    }
}
