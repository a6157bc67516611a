// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import StaffConsole

/// Whatever a text holds, it stays a text.
@Suite(.timeLimit(.minutes(1))) struct EscapingTests {
    /// The same sequence in every run (SplitMix64), so that a failure can be had again.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let pieces: [Unicode.Scalar] =
        Array("<>&\"'`=/!-;#x0 \n\t\r\0abc{}[]()".unicodeScalars)
        + ["\u{85}", "\u{A0}", "\u{202E}", "\u{2066}", "\u{2028}", "\u{FEFF}", "\u{1F4A9}", "\u{301}", "\u{7F}"]

    private static func text(_ generator: inout Generator) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...24, using: &generator) {
            scalars.append(pieces.randomElement(using: &generator) ?? "a")
        }
        return String(scalars)
    }

    /// What a browser makes of the entities.
    private static func read(_ escaped: String) -> String {
        var text = String.UnicodeScalarView()
        var rest = escaped.unicodeScalars[...]
        let entities: [(String, Unicode.Scalar)] = [
            ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"),
        ]
        while let scalar = rest.first {
            if let (name, value) = entities.first(where: { rest.starts(with: $0.0.unicodeScalars) }) {
                text.append(value)
                rest = rest.dropFirst(name.unicodeScalars.count)
            } else {
                text.append(scalar)
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\n" || scalar == "\t" { return true }
        if (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value) { return false }
        return scalar.properties.generalCategory != .control
    }

    @Test func aTextIsReadAsItWasWrittenAndIsNeverMarkup() {
        var generator = Generator(state: 20_261_123)
        for _ in 0..<20_000 {
            let text = Self.text(&generator)
            let escaped = HTML(text).markup
            let isPlain = !escaped.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) }
            #expect(isPlain, "\(text.debugDescription)")
            let expected = String(
                String.UnicodeScalarView(text.unicodeScalars.map { Self.isShown($0) ? $0 : "\u{FFFD}" }))
            #expect(
                Array(Self.read(escaped).unicodeScalars) == Array(expected.unicodeScalars), "\(text.debugDescription)")
        }
    }

    /// Reads markup as a machine would: every tag is one of ours, each is closed by its own, and texts and values come
    /// out as they went in.
    @Test func aTreeOfElementsIsReadAsItWasBuilt() throws {
        var generator = Generator(state: 7)
        for _ in 0..<2_000 {
            var texts: [String] = []
            let tree = Self.tree(depth: 3, &generator, &texts)
            var (open, seen): ([String], [String]) = ([], [])
            var rest = tree.markup[...]
            while let start = rest.firstIndex(of: "<") {
                let text = rest[..<start]
                if text != "\n", !text.isEmpty {
                    seen.append(Self.read(String(text.hasPrefix("\n") ? text.dropFirst() : text)))
                }
                let end = try #require(rest[start...].firstIndex(of: ">"))
                let tag = rest[rest.index(after: start)..<end]
                rest = rest[rest.index(after: end)...]
                if tag.hasPrefix("/") {
                    #expect(open.popLast() == String(tag.dropFirst()))
                } else {
                    let parts = tag.split(separator: " ", maxSplits: 1)
                    let name = String(parts[0])
                    if parts.count == 2 {
                        let value = parts[1].dropFirst("value=\"".count).dropLast()
                        seen.append(Self.read(String(value)))
                    }
                    if HTML.EmptyElement(rawValue: name) == nil {
                        #expect(HTML.Element(rawValue: name) != nil, "\(name)")
                        open.append(name)
                    }
                }
            }
            #expect(open.isEmpty)
            #expect(seen == texts)
        }
    }

    private static func tree(depth: Int, _ generator: inout Generator, _ texts: inout [String]) -> HTML {
        func letters() -> String {
            // Something of everybody's, between letters: the reader above cuts lines off.
            let text = "a" + Self.text(&generator) + "z"
            let shown = String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isShown($0) ? $0 : "\u{FFFD}" }))
            texts.append(shown)
            return text
        }
        if depth == 0 { return HTML(.input, .value(letters())) }
        let element: HTML.Element = depth.isMultiple(of: 2) ? .p : .span
        let (value, text) = (letters(), letters())
        let child = tree(depth: depth - 1, &generator, &texts)
        return HTML(element, .value(value)) {
            text
            child
        }
    }

    @Test(
        "Only addresses of the web become links",
        arguments: [
            ("https://github.com/acme/shop/pull/7", true), ("http://127.0.0.1:3000/acme/shop/pull/1?a=b#c", true),
            ("HTTPS://github.com/", true), ("javascript:alert(1)", false), ("JavaScript:alert(1)", false),
            ("data:text/html,<p>", false), ("//github.com/", false), ("/runs", false), ("https://", false),
            ("https:///path", false), ("https://github.com@evil.example/", false), ("https://a b", false),
            ("https://a\"b", false), ("https://a\u{202E}b", false), (" https://a", false), ("https://:80/", false),
            ("https://a/@b", true), ("https://a\\@b", false), ("", false),
        ])
    func addresses(text: String, isOne: Bool) {
        #expect((WebAddress(text) != nil) == isOne)
    }

    @Test func namesStayInTheirSegment() {
        #expect(ConsolePath("runs", "a/../b", "c?d#e").text == "/runs/a%2F..%2Fb/c%3Fd%23e")
        #expect(ConsolePath("runs", query: [("a", "x&y=z"), ("b", nil), ("c", "")]).text == "/runs?a=x%26y%3Dz&c=")
    }

    @Test(
        "Values as people read them",
        arguments: [
            (Words.duration(seconds: 0), "0 s"), (Words.duration(seconds: 59), "59 s"),
            (Words.duration(seconds: 200), "3 min 20 s"), (Words.duration(seconds: 9005), "2 h 30 min"),
            (Words.duration(seconds: 3605), "1 h"), (Words.duration(seconds: -5), "0 s"), (Words.bytes(0), "0 bytes"),
            (Words.bytes(1023), "1023 bytes"), (Words.bytes(1024), "1.0 KiB"), (Words.bytes(123_456), "120.5 KiB"),
            (Words.bytes(64 << 20), "64.0 MiB"), (Words.bytes(5 << 30), "5.0 GiB"), (Words.count(7), "7"),
            (Words.count(1_234_567), "1\u{202F}234\u{202F}567"), (Words.text(""), "–"), (Words.answer(nil), "–"),
        ])
    func words(got: String, expected: String) { #expect(got == expected) }
}
