// SPDX-License-Identifier: MIT
import Testing

@testable import SystemCalls

@Suite(.timeLimit(.minutes(1)))
struct FilesTests {
    /// A folder of the test's own, removed when the test lets go of it.
    final class Folder: Sendable {
        let path: String
        init() throws { path = try Files.temporaryDirectory(prefix: "files-test") }
        deinit { try? Files.remove(path) }
    }

    @Test func atomicWriteReplacesContentAndLeavesNoDraft() throws {
        let folder = try Folder()
        let file = "\(folder.path)/a"
        try Files.writeAtomically(file, Array("one".utf8), mode: 0o600)
        try Files.writeAtomically(file, Array("two".utf8), mode: 0o640, durable: false)
        #expect(try Files.readText(file) == "two")
        #expect(try Files.status(file).mode == 0o640)
        #expect(try Files.list(folder.path) == ["a"])
    }

    @Test func aFolderThatTheSystemRefusesIsAnError() {
        let error = #expect(throws: SystemError.self) { try Files.createDirectory("/proc/none/a") }
        #expect(error?.call == "mkdir")
    }

    @Test func atomicWriteIntoMissingFolderNamesThePath() throws {
        let folder = try Folder()
        let error = #expect(throws: SystemError.self) {
            try Files.writeAtomically("\(folder.path)/none/a", [1])
        }
        #expect(error?.isNotFound == true)
        #expect(error?.description.contains("none/a") == true)
        #expect(error?.description.contains("No such file") == true)
    }

    @Test func readingPastTheLimitIsAnError() throws {
        let folder = try Folder()
        try Files.writeAtomically("\(folder.path)/a", [UInt8](repeating: 7, count: 10_000))
        #expect(throws: SystemError.self) { try Files.readBytes("\(folder.path)/a", limit: 9_999) }
        #expect(try Files.readBytes("\(folder.path)/a", limit: 10_000).count == 10_000)
    }

    @Test func readsFilesThatHideTheirSize() throws {
        #expect(try !Files.readBytes("/proc/self/status").isEmpty)
    }

    @Test func removeDoesNotFollowLinksAndIgnoresWhatIsMissing() throws {
        let folder = try Folder()
        try Files.createDirectory("\(folder.path)/kept/deep", mode: 0o700)
        try Files.writeAtomically("\(folder.path)/kept/deep/file", [1])
        try Files.createDirectory("\(folder.path)/gone/locked")
        try Files.writeAtomically("\(folder.path)/gone/locked/file", [1])
        try Files.setMode("\(folder.path)/gone/locked", 0o500)
        try Files.linkSymbolically("\(folder.path)/gone/link", to: "\(folder.path)/kept")
        try Files.remove("\(folder.path)/gone")
        try Files.remove("\(folder.path)/gone")
        #expect(try Files.list(folder.path) == ["kept"])
        #expect(try Files.readBytes("\(folder.path)/kept/deep/file") == [1])
    }

    @Test func symbolicLinkIsReplacedInOneStep() throws {
        let folder = try Folder()
        try Files.linkSymbolically("\(folder.path)/link", to: "one")
        try Files.linkSymbolically("\(folder.path)/link", to: "two")
        #expect(try Files.linkTarget("\(folder.path)/link") == "two")
    }

    @Test func lockIsExclusiveAndEndsWithItsValue() throws {
        let folder = try Folder()
        let path = "\(folder.path)/lock"
        do {
            let first = try Files.lock(path)
            #expect(throws: SystemError.self) { _ = try Files.lock(path) }
            _ = consume first
        }
        _ = try Files.lock(path)
    }

    @Test func appendFileGrowsAndIsReadByPosition() throws {
        let folder = try Folder()
        let log = try AppendFile("\(folder.path)/log")
        try log.append(Array("hello ".utf8))
        try log.append(Array("world".utf8))
        try log.synchronize()
        let reader = try FileReader("\(folder.path)/log")
        #expect(try reader.read(at: 6, upTo: 100) == Array("world".utf8))
        #expect(try reader.read(at: 11, upTo: 100).isEmpty)
        try log.truncate(to: 5)
        #expect(try reader.size() == 5)
        try log.append(Array("!".utf8))
        #expect(try Files.readText("\(folder.path)/log") == "hello!")
    }

    @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/c", "a/b")])
    func directoryOfPath(path: String, directory: String) {
        #expect(Files.directory(of: path) == directory)
    }

    @Test func thisProcessIsInTheTable() throws {
        let own = try #require(ProcessTable.identity(of: ProcessIdentity.processID))
        #expect(ProcessTable.isRunning(own))
        let other = ProcessTable.Identity(processID: own.processID, startTime: own.startTime + 1)
        #expect(!ProcessTable.isRunning(other))
        ProcessTable.kill(other)
        #expect(ProcessIdentity.environment["PATH"] != nil)
        #expect(try Files.executablePath().hasPrefix("/"))
    }
}
