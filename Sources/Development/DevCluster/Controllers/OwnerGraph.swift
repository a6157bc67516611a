// SPDX-License-Identifier: MIT
import JSONCoding

/// Who depends on whom, by uid, kept from the store's events.
struct OwnerGraph: Sendable {
    private struct Node {
        var key: StorageKey
        var owners: [String]
    }

    private var nodes: [String: Node] = [:]
    private var dependents: [String: Set<String>] = [:]

    /// Where an object lies.
    func key(of uid: String) -> StorageKey? { nodes[uid]?.key }

    /// The objects that name this one as an owner.
    func dependents(of uid: String) -> Set<String> { dependents[uid] ?? [] }

    /// Takes an object in; returns the uids that this concerns.
    mutating func insert(_ object: JSONValue, at key: StorageKey) -> Set<String> {
        let uid = object.uid
        guard !uid.isEmpty else { return [] }
        let owners = object.ownerReferences.compactMap { $0["uid"]?.stringValue }
        let before = nodes[uid]?.owners ?? []
        for owner in before where !owners.contains(owner) { unlink(uid, from: owner) }
        for owner in owners { dependents[owner, default: []].insert(uid) }
        nodes[uid] = Node(key: key, owners: owners)
        return Set(before).union(owners).union([uid])
    }

    /// Takes an object out; returns the uids that this concerns: what depended on it, and what it depended on.
    mutating func remove(_ uid: String) -> Set<String> {
        guard let node = nodes.removeValue(forKey: uid) else { return [] }
        for owner in node.owners { unlink(uid, from: owner) }
        return dependents(of: uid).union(node.owners)
    }

    private mutating func unlink(_ uid: String, from owner: String) {
        dependents[owner]?.remove(uid)
        if dependents[owner]?.isEmpty == true { dependents[owner] = nil }
    }
}
