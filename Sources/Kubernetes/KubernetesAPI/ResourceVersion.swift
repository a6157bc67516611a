// SPDX-License-Identifier: MIT

/// A version of an object or of a collection, comparable with other versions of the same resource (KEP-5504).
///
/// Servers promise since then that versions of one resource are decimal integers of any size which only grow, so the
/// longer text is the newer version and among equal lengths the lexically greater one. Versions of different resources,
/// or of different clusters, say nothing about each other. What does not look like such an integer (empty, `0`, a
/// leading zero, other characters) is no version to compare by; passing it back to the server is all one can do with it.
package struct ResourceVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The version as the server wrote it.
    package let text: String

    /// Reads a version; nil when it is not one that can be compared.
    package init?(_ text: String) {
        guard let first = text.utf8.first, first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        self.text = text
    }

    /// Whether one version is older than another of the same resource.
    package static func < (left: ResourceVersion, right: ResourceVersion) -> Bool {
        let (leftCount, rightCount) = (left.text.utf8.count, right.text.utf8.count)
        return leftCount == rightCount ? left.text < right.text : leftCount < rightCount
    }

    /// The server's text.
    package var description: String { text }
}
