// SPDX-License-Identifier: MIT
import SystemCalls
import Testing

@testable import DevForge

@Suite
struct StoredReferenceTests {
    private static let one = String(repeating: "1a", count: 20)
    private static let two = String(repeating: "2b", count: 20)
    private static let packed = """
        # pack-refs with: peeled fully-peeled sorted
        \(two) refs/heads/codex/issue-1
        \(one) refs/tags/v1
        ^\(two)

        """

    @Test(arguments: [
        (one + "\n", packed, StoredReference.commit(one)),
        (nil, packed, .commit(two)),
        (nil, nil, .missing),
        (nil, "# empty\n", .missing),
        ("ref: refs/heads/main\n", packed, .unknown),
        ("", nil, .unknown),
    ] as [(String?, String?, StoredReference)])
    func theLooseFileComesFirst(_ loose: String?, _ packed: String?, _ expected: StoredReference) {
        #expect(StoredReference(name: "refs/heads/codex/issue-1", loose: loose, packed: packed) == expected)
    }

    @Test(arguments: [
        ("refs/heads/main", true), ("refs/heads/codex/issue-1", true), ("refs/tags/v1", false), ("main", false),
        ("refs/heads/", false), ("refs/heads/../config", false), ("refs/heads/a//b", false), ("refs/heads/.a", false),
        ("refs/heads/a.lock", false), ("refs/heads/a b", false), ("refs/heads/a^{tree}", false),
    ])
    func onlyNamesOfBranchesAreRead(_ name: String, _ expected: Bool) {
        #expect(StoredReference.isPlain(name) == expected)
    }

    @Test
    func whatIsReadIsWhatGitSays() async throws {
        let folder = try Files.temporaryDirectory()
        defer { try? Files.remove(folder) }
        let repository = GitRepository(path: "\(folder)/shop.git")
        try await repository.git(["init", "--bare", "--quiet", repository.path])
        let tree = try await repository.line(["hash-object", "-t", "tree", "-w", "--stdin"])
        let identity = ["GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"]
        let commit = String(
            decoding: try await repository.git(["commit-tree", tree, "-m", "first"], extraEnvironment: identity), as: UTF8.self
        ).trimmingLineEnds()
        try await repository.updateReference("refs/heads/codex/issue-1", to: commit, from: nil)
        #expect(repository.storedReference("refs/heads/codex/issue-1") == .commit(commit))
        #expect(repository.storedReference("refs/heads/codex/issue-2") == .missing)
        #expect(repository.storedReference("refs/heads/codex") == .unknown)
        try await repository.git(["pack-refs", "--all"])
        #expect(repository.storedReference("refs/heads/codex/issue-1") == .commit(commit))
        #expect(try await repository.resolve("refs/heads/codex") == nil)
        try await repository.updateReference("refs/heads/codex/issue-1", to: nil, from: commit)
        #expect(repository.storedReference("refs/heads/codex/issue-1") == .missing)
    }
}
