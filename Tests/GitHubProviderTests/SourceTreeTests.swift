// SPDX-License-Identifier: MIT
import SourceProvider
import Testing

@Suite struct SourceTreeTests {
    private func tree(_ entries: [(String, String)]) -> SourceTree {
        SourceTree(entries: entries.map { .init(path: $0.0, mode: "100644", sha: $0.1) }, isTruncated: false)
    }

    /// `é` as one code point and as two: the same text, and two files of a git tree.
    @Test func aPathIsItsBytes() {
        let (composed, decomposed) = (".github/workflows/\u{E9}.yml", ".github/workflows/e\u{301}.yml")
        let before = tree([(composed, "old")])
        let after = tree([(composed, "new"), (decomposed, "old")])
        let changed = before.differences(to: after).map { Array($0.path.utf8) }
        #expect(changed == [Array(decomposed.utf8), Array(composed.utf8)])
        #expect(before.differences(to: before).isEmpty)
    }
}
