// SPDX-License-Identifier: MIT

/// A line of the newest user message that begins with `model:` and makes the stand-in behave in some way.
///
/// They are for tests and for trying by hand what a run does when its model is in trouble; `docs/dev-model.md` lists
/// them.
enum ModelDirective: Sendable, Equatable {
    /// `model: status 429 times 2 retry-after 1`
    case status(Int, times: Int, retryAfter: Int?)
    /// `model: cut times 1`
    case cut(times: Int)
    /// `model: slow 500`: milliseconds before each answer.
    case slow(milliseconds: Int)
    /// `model: hang`
    case hang
    /// `model: think`
    case think
    /// `model: forget`: earlier turns are refused, as those of another account are.
    case forget
    /// `model: tell key`
    case tellKey
    /// `model: say TEXT`
    case say(String)
    /// `model: report TEXT`
    case report(String)
    /// `model: run COMMAND`
    case run(String)

    /// All directives of a text, in order.
    static func all(in text: String) -> [ModelDirective] {
        text.split(whereSeparator: \.isNewline).compactMap { ModelDirective(line: $0) }
    }

    /// nil when the line says something else.
    init?(line: Substring) {
        let start = line.drop { " \t>-*".contains($0) }
        guard start.hasPrefix("model: ") else { return nil }
        let text = start.dropFirst(7)
        let words = text.split(separator: " ").map(String.init)
        let rest = words.count > 1 ? String(text.dropFirst(words[0].count + 1)) : ""
        switch (words.first, words.count) {
        case ("status", 2...):
            guard let status = Int(words[1]), (400..<600).contains(status) else { return nil }
            self = .status(
                status, times: Self.number("times", in: words) ?? 1,
                retryAfter: Self.number("retry-after", in: words))
        case ("cut", _): self = .cut(times: Self.number("times", in: words) ?? 1)
        case ("slow", 2):
            guard let milliseconds = Int(words[1]), (0...600_000).contains(milliseconds) else { return nil }
            self = .slow(milliseconds: milliseconds)
        case ("hang", 1): self = .hang
        case ("think", 1): self = .think
        case ("forget", 1): self = .forget
        case ("tell", 2) where words[1] == "key": self = .tellKey
        case ("say", 2...): self = .say(rest)
        case ("report", 2...): self = .report(rest)
        case ("run", 2...): self = .run(rest)
        default: return nil
        }
    }

    private static func number(_ name: String, in words: [String]) -> Int? {
        guard let position = words.firstIndex(of: name), position + 1 < words.count else { return nil }
        return Int(words[position + 1])
    }
}
