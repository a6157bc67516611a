// SPDX-License-Identifier: MIT
import ParserProperties
import SystemCalls
import Testing

/// Feeds every kept input of the fuzzers to its parser.
@Suite(.timeLimit(.minutes(2))) struct CorpusTests {
    private static let folder = Files.directory(of: Files.directory(of: #filePath)) + "/Corpus"

    @Test("Kept inputs keep the parser's promises", arguments: ParserProperty.allCases)
    func corpus(property: ParserProperty) throws {
        let folder = "\(Self.folder)/\(property.rawValue)"
        let names = try Files.list(folder)
        #expect(names.count >= 10, "the corpus \(folder) is gone")
        for name in names {
            let input = try Files.readBytes("\(folder)/\(name)")
            do throws(PropertyViolation) {
                _ = try property.check(input)
            } catch {
                Issue.record("\(folder)/\(name): \(error)")
            }
        }
    }

    @Test("A folder of the corpus belongs to a parser")
    func folders() throws {
        let folders = try Files.list(Self.folder).filter { Files.isDirectory("\(Self.folder)/\($0)") }
        #expect(Set(folders) == Set(ParserProperty.allCases.map(\.rawValue)))
    }
}
