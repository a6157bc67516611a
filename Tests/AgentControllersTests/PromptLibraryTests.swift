// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import Prompts
import SourceProvider
import Synchronization
import Testing

@testable import AgentControllers

/// Files, stored templates and a clock that a test sets, with what was asked for.
private final class Shelf: Sendable {
    struct State: Sendable {
        var files: [String: [UInt8]] = [:]
        var fileError: ProviderError?
        var now = Timestamp(microseconds: 1_000_000_000)
        var asked: [String] = []
    }

    let state = Mutex(State())
    let templates = MemoryTemplates()

    var asked: [String] { (state.withLock { $0.asked } + templates.state.withLock { $0.asked }).sorted() }

    func advance(_ duration: Duration) { state.withLock { $0.now = $0.now.adding(duration) } }

    func library(seeds: Bool = true, store: Bool = true) -> PromptLibrary {
        let read: PromptLibrary.FileReader = { path, commit, repository, _ throws(ProviderError) in
            try self.file("\(repository):\(path)@\(commit)")
        }
        return PromptLibrary(
            readFile: seeds ? read : nil, store: store ? templates : nil, now: { self.state.withLock { $0.now } })
    }

    private func file(_ name: String) throws(ProviderError) -> [UInt8]? {
        let (bytes, error) = state.withLock { state in
            state.asked.append(name)
            return (state.files[name], state.fileError)
        }
        if let error { throw error }
        return bytes
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PromptLibraryTests {
    private let repository = RepositoryName("acme/shop")!

    private func ask(
        _ library: PromptLibrary, commit: String? = "c1", locales: [PromptLocale] = [.ru, .en]
    ) async throws -> [TemplateCandidate] {
        try await library.candidates(
            agent: "dev", kind: .work, locales: locales, repository: repository, repositoryID: 7, commit: commit
        ).sorted { ($0.source.rawValue, $0.locale.rawValue) < ($1.source.rawValue, $1.locale.rawValue) }
    }

    @Test func everySourceIsAsked() async throws {
        let shelf = Shelf()
        shelf.state.withLock { $0.files["acme/shop:prompts/dev/work.ru.md@c1"] = Array("сделай".utf8) }
        shelf.templates.put("own", version: 3, scope: .repository(7))
        shelf.templates.put("all", version: 9)
        let found = try await ask(shelf.library())
        #expect(
            found == [
                TemplateCandidate(source: .globalOverride, locale: .en, version: "9", body: "all"),
                TemplateCandidate(source: .repositoryOverride, locale: .en, version: "3", body: "own"),
                TemplateCandidate(source: .repositorySeed, locale: .ru, version: "c1", body: "сделай"),
            ])
        #expect(
            shelf.asked == [
                "acme/shop:prompts/dev/work.en.md@c1", "acme/shop:prompts/dev/work.ru.md@c1", "stored dev/work 7",
            ])
        // What is not there is not asked.
        let none = Shelf()
        #expect(try await ask(none.library(seeds: false, store: false)).isEmpty)
        #expect(try await ask(none.library(), commit: nil).isEmpty)
        #expect(none.asked == ["stored dev/work 7"])
    }

    @Test func seedsAreReadOnceACommitAndStoredOnesAfterAMoment() async throws {
        let shelf = Shelf()
        let library = shelf.library()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await ask(library, locales: [.en]) } }
            try await group.waitForAll()
        }
        let first = ["acme/shop:prompts/dev/work.en.md@c1", "stored dev/work 7"]
        #expect(shelf.asked == first)
        shelf.templates.put("new", version: 1)
        shelf.advance(PromptLibrary.storedLifetime)
        #expect(try await ask(library, locales: [.en]).map(\.body) == ["new"])
        #expect(shelf.asked == first + ["stored dev/work 7"])
        _ = try await ask(library, commit: "c2", locales: [.en])
        #expect(shelf.asked.count == 4)
        // The least new seed is forgotten, so that memory is bounded.
        for number in 0..<PromptLibrary.seedCapacity {
            _ = try await ask(library, commit: "n\(number)", locales: [.en])
        }
        let before = shelf.asked.count
        _ = try await ask(library, commit: "n\(PromptLibrary.seedCapacity - 1)", locales: [.en])
        #expect(shelf.asked.count == before)
        _ = try await ask(library, commit: "c2", locales: [.en])
        #expect(shelf.asked.count == before + 1)
    }

    @Test func aFailureIsThrownAndNotRemembered() async throws {
        let shelf = Shelf()
        let library = shelf.library()
        shelf.state.withLock { $0.fileError = ProviderError(code: .unavailable, request: "GET", message: "away") }
        let provider = await #expect(throws: ProviderError.self) { try await ask(library) }
        #expect(provider?.code == .unavailable)
        shelf.state.withLock { $0.fileError = nil }
        shelf.templates.state.withLock { $0.error = AuditError(isTransient: true, description: "the database is away") }
        shelf.advance(PromptLibrary.storedLifetime)
        let audit = await #expect(throws: AuditError.self) { try await ask(library) }
        #expect(audit?.description == "the database is away")
        shelf.templates.state.withLock { $0.error = nil }
        #expect(try await ask(library).isEmpty)
    }

    @Test func aSeedThatCannotBeUsedIsACandidateWithItsProblem() async throws {
        let shelf = Shelf()
        shelf.state.withLock { $0.files["acme/shop:prompts/dev/work.en.md@c1"] = [0xFF, 0xFE] }
        let found = try await ask(shelf.library(), locales: [.en])
        #expect(found.map(\.problem) == ["prompts/dev/work.en.md is not UTF-8"])
        let tooLarge = ProviderError(code: .invalid, request: "GET", message: "it is too large")
        shelf.state.withLock { $0.fileError = tooLarge }
        let large = try await ask(shelf.library(), locales: [.en])
        #expect(large.map(\.problem) == ["it is too large"])
        let chosen = TemplateResolver.choose(agent: "dev", kind: .work, locales: [.en], candidates: large)
        #expect(chosen.source == .builtIn && chosen.passedOver.count == 1)
    }
}
