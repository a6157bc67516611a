// SPDX-License-Identifier: MIT
import AgentAPI
import ChildProcesses
import Cryptography
import SystemCalls
import Testing

@testable import AgentRunner

@Suite(.timeLimit(.minutes(1))) struct SessionSnapshotTests {
    private static let chunk = SessionManifest.chunkBytes

    @Test(
        arguments: [
            // What there was, bytes now, where it is cut.
            ([], 0, []),
            ([], 5, [5]),
            ([], chunk, [chunk]),
            ([], chunk + 1, [chunk, 1]),
            ([], 3 * chunk, [chunk, chunk, chunk]),
            // It grew: what was cut stays cut.
            ([5], 5, [5]),
            ([5], 9, [5, 4]),
            ([5, 4], 9 + 2 * chunk, [5, 4, chunk, chunk]),
            ([chunk, 7], chunk + 7 + 1, [chunk, 7, 1]),
            // It became shorter.
            ([5, 4], 8, [5, 3]),
            ([5, 4], 0, []),
            ([chunk], 10, [10]),
            // Sizes that no chunk has are not believed.
            ([0, 5], 5, [5]),
            ([chunk + 1], chunk + 1, [chunk, 1]),
            // Too many small ones are cut anew, the large ones before them are not.
            ([chunk] + Array(repeating: 3, count: 32), chunk + 96, [chunk] + Array(repeating: 3, count: 32)),
            ([chunk] + Array(repeating: 3, count: 33), chunk + 99, [chunk, 99]),
            ([chunk] + Array(repeating: 3, count: 33) + [chunk], 2 * chunk + 100, [chunk, chunk, 100]),
        ] as [([Int], Int, [Int])])
    func filesAreCut(previous: [Int], size: Int, expected: [Int]) {
        #expect(ChunkPlan.sizes(size, previous: previous) == expected)
    }

    @Test func everyCutHoldsEveryByte() {
        var previous: [Int] = []
        var size = 0
        for step in 1...200 {
            size += step % 7 == 0 ? 300_000 : step
            previous = ChunkPlan.sizes(size, previous: previous)
            #expect(previous.reduce(0, +) == size)
            let small = previous.count(where: { $0 < Self.chunk })
            #expect(small <= ChunkPlan.smallPieces + 1)
        }
    }

    private static func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = try Files.temporaryDirectory(prefix: "session-test")
        defer { try? Files.remove(folder) }
        try await body(folder)
    }

    private static func write(_ path: String, _ bytes: [UInt8]) throws {
        try Files.createDirectory(Files.directory(of: path))
        try Files.overwrite(path, bytes)
    }

    @Test func plainFilesAloneAreSeen() async throws {
        try await Self.inFolder { folder in
            let root = "\(folder)/sessions"
            #expect(try SessionFolder(root).entries.isEmpty)
            try Self.write("\(folder)/secret", Array("secret".utf8))
            try Self.write("\(root)/2026/11/a.jsonl", [1, 2, 3])
            try Self.write("\(root)/odd\nname", [1])
            try Files.linkSymbolically("\(root)/link", to: "\(folder)/secret")
            try Files.linkSymbolically("\(root)/folder", to: folder)
            let pipe = try await ChildProcess.run(
                .init(executable: "mkfifo", arguments: ["\(root)/pipe"], environment: ["PATH": GitOrigin.path]))
            #expect(pipe.exitCode == 0)
            try Self.write(root + "/" + Array(repeating: "d", count: 20).joined(separator: "/") + "/x", [1])
            let seen = try SessionFolder(root)
            #expect(seen.entries.map(\.path) == ["2026/11/a.jsonl"] && seen.size == 3 && !seen.isCut)
            #expect(seen.passedOver.count == 4)
        }
    }

    @Test func filesThatClaimMoreThanCanBeAddedUpAreTooMuch() throws {
        var folder = try SessionFolder("/no/such/folder")
        let hole = SessionFolder.Entry(path: "a", size: .max, modified: 0, inode: 1)
        folder.entries = [hole, hole]
        #expect(folder.size == .max)
    }

    @Test func aLinkInTheLastMomentIsNotFollowed() async throws {
        try await Self.inFolder { folder in
            let root = "\(folder)/sessions"
            try Self.write("\(folder)/secret", Array("secret".utf8))
            try Self.write("\(root)/a", Array("public".utf8))
            let seen = try SessionFolder(root)
            try Files.linkSymbolically("\(root)/a", to: "\(folder)/secret")
            var snapshot = SessionSnapshot()
            await #expect(throws: SystemError.self) {
                _ = try await snapshot.update(seen, root: root, isAtRest: true) { _, bytes in
                    #expect(bytes != Array("secret".utf8))
                }
            }
        }
    }

    /// Digests of what a snapshot hands over, and its files.
    private static func take(
        _ snapshot: inout SessionSnapshot, _ root: String, isAtRest: Bool = true
    ) async throws -> (files: [SessionManifest.File], pieces: [[UInt8]]) {
        var pieces: [[UInt8]] = []
        let files = try await snapshot.update(SessionFolder(root), root: root, isAtRest: isAtRest) { digest, bytes in
            #expect(SHA256.hexDigest(bytes) == digest)
            pieces.append(bytes)
        }
        return (files, pieces)
    }

    @Test func growthIsOnePieceMore() async throws {
        try await Self.inFolder { root in
            let file = "\(root)/a.jsonl"
            try Self.write(file, Array("one\n".utf8))
            var snapshot = SessionSnapshot()
            let first = try await Self.take(&snapshot, root)
            #expect(first.files.map(\.size) == [4])
            // Nothing changed, nothing is read.
            #expect(try await Self.take(&snapshot, root).pieces.isEmpty)
            try Self.write(file, Array("one\ntwo\n".utf8))
            let second = try await Self.take(&snapshot, root)
            #expect(second.pieces == [Array("one\n".utf8), Array("two\n".utf8)])
            #expect(second.files[0].chunks.first == first.files[0].chunks.first && second.files[0].chunks.count == 2)
            #expect(second.files[0].sha256 == SHA256.hexDigest(Array("one\ntwo\n".utf8)))
            // Rewritten: other digests, whatever the cuts.
            try Self.write(file, Array("ONE\ntwo\n".utf8))
            let third = try await Self.take(&snapshot, root)
            #expect(third.files[0].chunks[0] != first.files[0].chunks[0])
            #expect(third.files[0].chunks[1] == second.files[0].chunks[1])
            try Files.remove(file)
            #expect(try await Self.take(&snapshot, root).files.isEmpty)
        }
    }

    @Test func aHalfWrittenLineIsLeftOut() async throws {
        try await Self.inFolder { root in
            let long = String(repeating: "x", count: 200_000)
            try Self.write("\(root)/a.jsonl", Array("{\"a\":1}\n{\"b\":\(long)".utf8))
            try Self.write("\(root)/b.jsonl", Array("{".utf8))
            try Self.write("\(root)/c.txt", Array("half".utf8))
            var snapshot = SessionSnapshot()
            let running = try await Self.take(&snapshot, root, isAtRest: false)
            #expect(running.files.map(\.size) == [8, 0, 4])
            // The agent has ended well: what is there is whole.
            let ended = try await Self.take(&snapshot, root, isAtRest: true)
            #expect(ended.files.map(\.size) == [8 + 5 + 200_000, 1, 4])
        }
    }
}
