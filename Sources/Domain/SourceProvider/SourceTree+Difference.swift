// SPDX-License-Identifier: MIT

extension SourceTree {
    /// A path that differs between two trees; a rename is a removal and an addition, so both names are there.
    package struct Difference: Sendable, Hashable {
        package var path: String
        package var oldMode: String?
        package var newMode: String?
    }

    /// Every path whose content or mode differs, sorted.
    ///
    /// Paths are told apart by their bytes, as git does: two that are the same text in other code points (Unicode
    /// normalization) are two files, and one must not hide the other.
    package func differences(to newer: SourceTree) -> [Difference] {
        let (before, after) = (byBytes, newer.byBytes)
        let paths = Set(before.keys).union(after.keys).sorted { $0.lexicographicallyPrecedes($1) }
        return paths.compactMap { path in
            let (old, new) = (before[path], after[path])
            guard let known = new ?? old, old != new else { return nil }
            return Difference(path: known.path, oldMode: old?.mode, newMode: new?.mode)
        }
    }

    private var byBytes: [[UInt8]: Entry] {
        Dictionary(entries.map { (Array($0.path.utf8), $0) }, uniquingKeysWith: { _, last in last })
    }
}
