// SPDX-License-Identifier: MIT
import Cryptography

/// Why a text cannot be a template.
package struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which template, what is wrong where, and what would be right.
    package let description: String

    init(_ template: String, _ problem: String) { description = "template \(template): \(problem)" }
}

/// The task body of a prompt: text with placeholders from a fixed list.
///
/// `{{name}}` stands for a value, without spaces inside; `\{{` is two braces that mean nothing. Everything else is text
/// as it is. A template is read strictly, because a misspelt placeholder would reach the agent as it is written.
package struct PromptTemplate: Sendable, Hashable {
    /// The most bytes of a template, as the database takes it.
    package static let maximumBytes = 262_144
    /// The most placeholders in one, so that what they stand for cannot make a prompt arbitrarily large.
    package static let maximumPlaceholders = 200

    private enum Piece: Sendable, Hashable {
        case text(String)
        case placeholder(PromptPlaceholder)
    }

    /// The text as it was written.
    package let body: String
    private let pieces: [Piece]

    /// Reads a template.
    ///
    /// - Parameter name: what messages call it.
    /// - Throws: ``TemplateError`` for an empty or too large text, a zero character, and whatever begins with `{{` and
    ///   is no known placeholder.
    package init(_ body: String, name: String) throws(TemplateError) {
        let size = body.utf8.count
        guard size <= Self.maximumBytes else {
            throw TemplateError(name, "it has \(size) bytes; at most \(Self.maximumBytes) are taken")
        }
        guard body.contains(where: { !$0.isWhitespace }) else { throw TemplateError(name, "it is empty") }
        guard !body.utf8.contains(0) else { throw TemplateError(name, "it holds a zero character") }
        self.body = body
        pieces = try Self.read(body, name)
    }

    /// SHA-256 of the text as it was written, in hexadecimal.
    package var hash: String { Hex.encode(SHA256.digest(body)) }

    /// The template with a value in the place of each placeholder. Values are not read as templates again.
    package func text(_ value: (PromptPlaceholder) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(let placeholder): value(placeholder)
            }
        }.joined()
    }

    private static func read(_ body: String, _ name: String) throws(TemplateError) -> [Piece] {
        let bytes = Array(body.utf8)
        let (open, close, escape) = (UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\\"))
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var (index, line, count) = (0, 1, 0)
        func opens(at index: Int) -> Bool {
            index + 1 < bytes.count && bytes[index] == open && bytes[index + 1] == open
        }
        while index < bytes.count {
            if bytes[index] == escape, opens(at: index + 1) {
                text += [open, open]
                index += 3
                continue
            }
            guard opens(at: index) else {
                if bytes[index] == UInt8(ascii: "\n") { line += 1 }
                text.append(bytes[index])
                index += 1
                continue
            }
            let word = bytes[(index + 2)...].prefix { $0 != close && $0 != open && $0 != UInt8(ascii: "\n") }
            let isClosed = word.endIndex + 1 < bytes.count && bytes[word.endIndex] == close
                && bytes[word.endIndex + 1] == close
            let written = String(decoding: word.prefix(80), as: UTF8.self)
            guard isClosed else {
                throw TemplateError(
                    name, "line \(line): \"{{\(written)\" is not closed by \"}}\"; write \\{{ for braces as text")
            }
            guard let placeholder = PromptPlaceholder(rawValue: written) else {
                throw TemplateError(
                    name,
                    "line \(line): there is no placeholder {{\(written)}}; known are \(PromptPlaceholder.known); "
                        + "write \\{{ for braces as text")
            }
            count += 1
            guard count <= maximumPlaceholders else {
                throw TemplateError(name, "line \(line): it has more than \(maximumPlaceholders) placeholders")
            }
            if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
            text = []
            pieces.append(.placeholder(placeholder))
            index = word.endIndex + 2
        }
        if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
        return pieces
    }
}
