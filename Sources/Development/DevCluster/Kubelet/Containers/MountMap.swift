// SPDX-License-Identifier: MIT

/// Where a container's paths really are.
///
/// Nothing is mounted: the container's process sees this machine's files. So every environment value and argument that
/// *begins* with the path of a mount, or with the termination message's path, gets the local folder or file instead.
struct MountMap: Sendable, Equatable {
    private var paths: [(container: String, local: String)] = []

    static func == (left: MountMap, right: MountMap) -> Bool {
        left.paths.map { [$0.container, $0.local] } == right.paths.map { [$0.container, $0.local] }
    }

    /// Adds a mount; a longer path wins over a shorter one that it lies below.
    mutating func add(_ container: String, local: String) {
        var path = Substring(container)
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        paths.append((String(path), local))
        paths.sort { $0.container.utf8.count > $1.container.utf8.count }
    }

    /// The text with the path at its start replaced.
    func local(_ text: String) -> String {
        for (container, local) in paths where text.hasPrefix(container) {
            let rest = text.dropFirst(container.count)
            if rest.isEmpty || rest.hasPrefix("/") { return local + rest }
        }
        return text
    }
}
