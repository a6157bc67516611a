// SPDX-License-Identifier: MIT
import SystemCalls
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProgramPagesTests {
    /// Memory of this process that is mapped from files, in KB (proc(5), RssFile).
    private func mappedFromFiles() throws -> Int {
        let line = try Files.readText("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("RssFile:") }
        return try #require(line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) })
    }

    @Test func whatIsGivenBackComesBackWithItsContent() throws {
        let constant = Array("constants of the program are read from its file again".utf8)
        let sorted = [3, 1, 2].sorted()
        let before = try mappedFromFiles()
        #expect(ProgramPages.giveBack() > 0)
        // The tests' program is tens of megabytes, of which other tests bring back a few at most meanwhile.
        #expect(try mappedFromFiles() < before)
        #expect(Array("constants of the program are read from its file again".utf8) == constant)
        #expect([3, 1, 2].sorted() == sorted)
        // Tables of addresses that were corrected at start are in segments that were written to, and were left alone.
        let values: [any Sendable] = [1, "a", true]
        #expect(values.map { "\(type(of: $0))" } == ["Int", "String", "Bool"])
    }

    @Test func threadsGoOnMeanwhile() async {
        let sums = await withTaskGroup(of: Int.self) { group in
            for start in 0..<4 {
                group.addTask { (0..<200).reduce(start) { $0 + "\($1)".utf8.count } }
            }
            for _ in 0..<20 { ProgramPages.giveBack() }
            return await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        #expect(sums == [490, 491, 492, 493])
    }
}
