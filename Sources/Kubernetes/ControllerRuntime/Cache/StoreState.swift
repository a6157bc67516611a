// SPDX-License-Identifier: MIT
import KubernetesAPI

/// A change of a store's content.
enum StoreChange<Object: KubernetesObject>: Sendable {
    case added(CachedObject<Object>, isInInitialList: Bool)
    case updated(old: CachedObject<Object>, new: CachedObject<Object>)
    case deleted(CachedObject<Object>, isFinalStateUnknown: Bool)

    /// The newest state.
    var object: CachedObject<Object> {
        switch self {
        case .added(let object, _), .updated(_, let object), .deleted(let object, _): object
        }
    }

    /// The change as handlers see it.
    var delivery: ObjectDelivery<Object> {
        switch self {
        case .added(let new, let isInitial): .init(.added(new.object), isInInitialList: isInitial)
        case .updated(let old, let new): .init(.updated(old: old.object, new: new.object))
        case .deleted(let old, let isUnknown): .init(.deleted(old.object), isFinalStateUnknown: isUnknown)
        }
    }
}

/// The objects of a collection and the indexes over them. Pure; every change tells what changed.
///
/// The collection may be followed in parts, one a namespace; each part has a version of its own.
struct StoreState<Object: KubernetesObject>: Sendable {
    typealias Indexer = @Sendable (Object) -> [String]
    typealias Change = StoreChange<Object>

    private struct Part: Sendable {
        var namespace: String?
        var resourceVersion = ""
        /// Grows when a list is older than what was known: the server went back in time.
        var epoch = 0
        var isFilled = false

        var progress: CacheProgress {
            CacheProgress(resourceVersion: isFilled ? ResourceVersion(resourceVersion) : nil, epoch: epoch)
        }
    }

    private(set) var objects = ObjectMap<Object>()
    private var parts: [Part]
    private var indexes: [StoreIndex<Object>]

    /// - Parameter namespaces: of each part; nil for all of them, and then there is one part.
    init(indexers: [String: Indexer], namespaces: [String?] = [nil]) {
        indexes = indexers.map { StoreIndex($0, $1) }
        parts = namespaces.map { Part(namespace: $0) }
    }

    // MARK: Reading

    func objects(index: String, value: String) -> [CachedObject<Object>] {
        guard let found = indexes.first(where: { $0.name == index }) else {
            preconditionFailure("the store has no index \(index)")
        }
        return found.objects(value)
    }

    /// The version up to which everything was seen: with several parts, the oldest.
    var resourceVersion: String {
        let oldest = parts.min { left, right in
            guard let left = left.progress.resourceVersion else { return true }
            guard let right = right.progress.resourceVersion else { return false }
            return left < right
        }
        return oldest?.resourceVersion ?? ""
    }

    /// How far the part with this namespace is, or (nil) all of them; nil when no part has the namespace.
    func progress(namespace: String?) -> CacheProgress? {
        if let namespace {
            return parts.first { $0.namespace == nil || $0.namespace == namespace }?.progress
        }
        let all = parts.map(\.progress)
        let epoch = all.reduce(0) { $0 + $1.epoch }
        // One that is not filled has seen nothing.
        let versions = all.compactMap(\.resourceVersion)
        return CacheProgress(resourceVersion: versions.count == all.count ? versions.min() : nil, epoch: epoch)
    }

    // MARK: Changing

    /// Puts a list in place of everything in a part.
    ///
    /// - Parameter keeping: objects that exist but could not be read: what was known of them stays.
    mutating func replace(
        _ list: [CachedObject<Object>], part: Int = 0, keeping: Set<ObjectKey> = [], resourceVersion: String
    ) -> [Change] {
        let isInitial = !parts[part].isFilled
        var changes: [Change] = []
        changes.reserveCapacity(isInitial ? list.count : 0)
        if !isInitial {
            var present = keeping
            for object in list { present.insert(object.key) }
            let namespace = parts[part].namespace
            var gone: [CachedObject<Object>] = []
            objects.walk { object in
                let isOurs = namespace == nil || object.object.metadata.namespace == namespace
                if isOurs, !present.contains(object.key) { gone.append(object) }
                return true
            }
            for object in gone {
                remove(object.key)
                changes.append(.deleted(object, isFinalStateUnknown: true))
            }
        }
        for object in list { put(object, isInitial: isInitial, isRelist: true, &changes) }
        if let now = ResourceVersion(resourceVersion), let before = ResourceVersion(parts[part].resourceVersion),
            now < before
        {
            parts[part].epoch += 1
        }
        parts[part].resourceVersion = resourceVersion
        parts[part].isFilled = true
        return changes
    }

    /// Adds or changes an object, as a watch says.
    mutating func apply(_ object: CachedObject<Object>, part: Int = 0) -> [Change] {
        advance(to: object.object.metadata.resourceVersion, part: part)
        var changes: [Change] = []
        put(object, isInitial: false, isRelist: false, &changes)
        return changes
    }

    /// Removes an object, as a watch says; its last state is the given one.
    mutating func delete(_ object: CachedObject<Object>, part: Int = 0) -> [Change] {
        advance(to: object.object.metadata.resourceVersion, part: part)
        guard remove(object.key) != nil else { return [] }
        return [.deleted(object, isFinalStateUnknown: false)]
    }

    /// Removes an object whose last state cannot be read.
    mutating func forget(_ key: ObjectKey) -> [Change] {
        guard let gone = remove(key) else { return [] }
        return [.deleted(gone, isFinalStateUnknown: true)]
    }

    /// Everything up to this version was seen, as a bookmark says. Never goes back: only a list may.
    mutating func advance(to resourceVersion: String, part: Int = 0) {
        guard !resourceVersion.isEmpty else { return }
        if let new = ResourceVersion(resourceVersion), let old = ResourceVersion(parts[part].resourceVersion), new < old {
            return
        }
        parts[part].resourceVersion = resourceVersion
    }

    private mutating func put(
        _ object: CachedObject<Object>, isInitial: Bool, isRelist: Bool, _ changes: inout [Change]
    ) {
        let key = object.key
        guard let old = objects[key] else {
            insert(object, key)
            changes.append(.added(object, isInInitialList: isInitial))
            return
        }
        // A resumed watch may say again what is known.
        if old.isSameVersion(as: object) { return }
        let (before, after) = (old.object.metadata, object.object.metadata)
        if !isRelist, before.uid == after.uid, let known = ResourceVersion(before.resourceVersion),
            let told = ResourceVersion(after.resourceVersion), told < known
        {
            return
        }
        remove(key)
        insert(object, key)
        // A namesake: the old one's end was missed.
        if before.uid != after.uid {
            changes.append(.deleted(old, isFinalStateUnknown: true))
            changes.append(.added(object, isInInitialList: false))
        } else {
            changes.append(.updated(old: old, new: object))
        }
    }

    private mutating func insert(_ object: CachedObject<Object>, _ key: ObjectKey) {
        objects.insert(object, key)
        for position in indexes.indices { indexes[position].insert(object) }
    }

    @discardableResult
    private mutating func remove(_ key: ObjectKey) -> CachedObject<Object>? {
        guard let object = objects.remove(key) else { return nil }
        for position in indexes.indices { indexes[position].remove(object) }
        return object
    }
}
