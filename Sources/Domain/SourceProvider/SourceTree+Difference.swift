// SPDX-License-Identifier: MIT

extension SourceTree {
    /// A path that differs between two trees; a rename is a removal and an addition, so both names are there.
    package struct Difference: Sendable, Hashable {
        package var path: String
        package var oldMode: String?
        package var newMode: String?
    }

    /// Every path whose content or mode differs, sorted.
    package func differences(to newer: SourceTree) -> [Difference] {
        let before = Dictionary(entries.map { ($0.path, $0) }, uniquingKeysWith: { _, last in last })
        let after = Dictionary(newer.entries.map { ($0.path, $0) }, uniquingKeysWith: { _, last in last })
        return Set(before.keys).union(after.keys).sorted().compactMap { path in
            let (old, new) = (before[path], after[path])
            guard old != new else { return nil }
            return Difference(path: path, oldMode: old?.mode, newMode: new?.mode)
        }
    }
}
