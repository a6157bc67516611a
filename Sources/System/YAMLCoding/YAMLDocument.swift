// SPDX-License-Identifier: MIT
package import JSONCoding

/// A document together with the places of its parts, for messages that lead a person to a line.
package struct YAMLDocument: Sendable {
    /// What the document says.
    package let value: JSONValue
    let marks: MarkTree

    /// Where the part at `path` is written: a member's name stands for the member, a number for a list's item.
    ///
    /// For a part that is not there it is the place of the innermost part that is, since a missing field is reported
    /// where its parent stands.
    package func mark(at path: [String]) -> Mark {
        var tree = marks
        for step in path {
            if let child = tree.members[step] {
                tree = child
            } else if let index = Int(step), tree.items.indices.contains(index) {
                tree = tree.items[index]
            } else {
                break
            }
        }
        return tree.mark
    }
}

/// The places of a node and of what is in it.
struct MarkTree: Sendable {
    var mark: Mark
    var members: [String: MarkTree] = [:]
    var items: [MarkTree] = []
}
