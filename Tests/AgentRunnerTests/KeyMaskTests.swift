// SPDX-License-Identifier: MIT
import Testing

@testable import AgentRunner

struct KeyMaskTests {
    static let key = "sk-aab"

    static func run(_ text: String, chunk size: Int) -> String {
        var mask = KeyMask(key)
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            result += mask.pass(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        return String(decoding: result + mask.finish(), as: UTF8.self)
    }

    @Test(arguments: [
        ("sk-aab", "[redacted]"), ("x sk-aab y sk-aab", "x [redacted] y [redacted]"),
        ("sk-aabsk-aab", "[redacted][redacted]"),
        ("sk-sk-aab", "sk-[redacted]"), ("sk-aasaab sk-aa", "sk-aasaab sk-aa"), ("ssk-aabb", "s[redacted]b"),
        ("nothing here", "nothing here"), ("", ""), ("s", "s"), ("ends sk-aa", "ends sk-aa"),
    ])
    func theKeyIsFoundHoweverTheStreamIsCut(text: String, shown: String) {
        for size in 1...max(1, text.utf8.count) { #expect(Self.run(text, chunk: size) == shown, "chunks of \(size)") }
    }

    @Test func whatIsCertainPassesAtOnce() {
        var mask = KeyMask(Self.key)
        #expect(mask.pass(Array("data: x\n\n".utf8)) == Array("data: x\n\n".utf8))
        #expect(mask.pass(Array("a sk-".utf8)) == Array("a ".utf8))
        #expect(mask.pass(Array("b".utf8)) == Array("sk-b".utf8))
    }

    @Test func randomStreamsLoseNothingAndShowNoKey() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("sk-ab".utf8)
        for _ in 0..<300 {
            let length = Int.random(in: 0..<60, using: &generator)
            let text = String(
                decoding: (0..<length).map { _ in alphabet.randomElement(using: &generator)! }, as: UTF8.self)
            let shown = Self.run(text, chunk: Int.random(in: 1...8, using: &generator))
            let expected = text.replacing(Self.key, with: "[redacted]")
            #expect(shown == expected, "\(text)")
        }
    }
}
