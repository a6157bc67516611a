// SPDX-License-Identifier: MIT
import AgentAPI
import Testing

/// A digest that is one digit over and over.
private func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }

private func file(_ path: String, size: Int = 10, chunks: Int = 1) -> SessionManifest.File {
    .init(path: path, size: size, sha256: digest("a"), chunks: Array(repeating: digest("b"), count: chunks))
}

private func work(_ size: Int = 10, run: String = "r", start: String = String(repeating: "1", count: 40))
    -> SessionManifest.Work
{
    .init(
        runUID: run, start: start, head: String(repeating: "2", count: 40),
        bundle: file("work.bundle", size: size, chunks: (size + (1 << 20) - 1) >> 20))
}

@Suite struct SessionManifestTests {
    @Test(arguments: [
        "sessions/2026/11/23/rollout-2026.jsonl", "a", "a b", "ä/ö", "..a/b..", "-", String(repeating: "a", count: 255),
    ])
    func plainPathsAreKept(path: String) {
        #expect(SessionManifest(sequence: 1, files: [file(path)]).problem(limit: 100) == nil)
    }

    @Test(arguments: [
        "", "/", "/etc/passwd", "..", "a/..", "../a", "a/../b", ".", "a/./b", "a//b", "a/", "a\nb", "a\u{0}b",
        "a\u{7F}",
        // As text, a slash with a mark on it is a character of its own; to a file system it is a slash.
        "../\u{301}a", "/\u{301}a", "a/../\u{301}b", "a/./\u{301}b",
        "a\u{FFFD}", String(repeating: "a", count: 256), String(repeating: "a/", count: 300) + "a",
    ])
    func otherPathsAreNot(path: String) {
        #expect(SessionManifest(sequence: 1, files: [file(path)]).problem(limit: 100) != nil)
    }

    @Test func boundsAreKept() {
        func problem(_ files: [SessionManifest.File], work: SessionManifest.Work? = nil, sequence: Int64 = 0) -> String?
        {
            SessionManifest(sequence: sequence, files: files, work: work).problem(limit: 1000)
        }
        #expect(problem([]) == nil)
        #expect(problem([file("a", size: 0, chunks: 0)]) == nil)
        #expect(problem([file("a", size: 500), file("b", size: 500)]) == nil)
        #expect(problem([file("a", size: 500), file("b", size: 501)])?.contains("1001 bytes; 1000 are kept") == true)
        #expect(problem([file("a")], sequence: -1)?.contains("sequence") == true)
        #expect(problem([file("a")], sequence: .max)?.contains("sequence") == true)
        #expect(problem([file("a"), file("a")])?.contains("twice") == true)
        #expect(problem([file("a/b/c"), file("a/b")])?.contains("a/b is a file and a folder") == true)
        #expect(problem([file("a/\u{301}b"), file("a")])?.contains("a is a file and a folder") == true)
        #expect(problem([file("a", size: 0)]) != nil)
        #expect(problem([file("a", size: -1, chunks: 0)]) != nil)
        #expect(problem([file("a", size: .max)]) != nil)
        #expect(problem([file("a", size: 10, chunks: 0)]) != nil)
        #expect(
            problem((0...SessionManifest.fileLimit).map { file("f\($0)", size: 0, chunks: 0) })?.contains("files")
                == true)
        #expect(problem([file("a", size: 5000, chunks: 4097)])?.contains("4097 chunks") == true)
        #expect(problem([.init(path: "a", size: 1, sha256: "abc", chunks: [digest("b")])])?.contains("digest") == true)
        #expect(
            problem([.init(path: "a", size: 1, sha256: digest("a"), chunks: [digest("B")])])?.contains("digest") == true
        )
    }

    @Test func unfinishedWorkHasABoundOfItsOwn() {
        func problem(_ work: SessionManifest.Work) -> String? {
            SessionManifest(sequence: 0, files: [], work: work).problem(limit: 1)
        }
        #expect(problem(work(SessionManifest.workBytes)) == nil)
        #expect(problem(work(SessionManifest.workBytes + 1))?.contains("unfinished work") == true)
        #expect(problem(work(run: "")) != nil)
        #expect(problem(work(start: "main")) != nil)
        #expect(problem(work(start: String(repeating: "g", count: 40))) != nil)
    }

    @Test(arguments: [
        ("019a-b_c.d", true), (String(repeating: "x", count: 128), true), (String(repeating: "x", count: 129), false),
        ("", false), ("-a", false), ("_a", false), (".", false), ("..", false), (".a", false), ("a/b", false),
        ("a b", false), ("ä", false),
        ("a%2f", false),
    ])
    func sessionsHavePlainNames(name: String, isValid: Bool) {
        #expect(SessionName.isValid(name) == isValid)
    }
}
