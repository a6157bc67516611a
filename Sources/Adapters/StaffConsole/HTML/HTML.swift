// SPDX-License-Identifier: MIT

/// Markup that is made of known elements, known attributes, and texts that are escaped as they are taken in.
///
/// All that a page shows comes from untrusted places: titles of issues, agents' status lines, reasons. There is no way
/// to put ready markup into a page, so nobody can forget to escape it.
struct HTML: Sendable, Hashable {
    /// The markup as it is sent.
    let markup: String

    private init(markup: String) { self.markup = markup }

    /// Nothing at all.
    static let nothing = HTML(markup: "")

    /// A text.
    init(_ text: String) { markup = EscapedText.of(text) }

    /// Parts, one after the other.
    init(_ parts: [HTML]) { markup = parts.map(\.markup).joined() }

    /// An element with its content.
    init(_ element: Element, _ attributes: Attribute..., @HTMLBuilder content: () -> HTML) {
        let end = element.isInline ? "" : "\n"
        markup = "<\(element)\(attributes.map(\.markup).joined())>\(content().markup)</\(element)>\(end)"
    }

    /// An element that has no content.
    init(_ element: EmptyElement, _ attributes: Attribute...) {
        markup = "<\(element)\(attributes.map(\.markup).joined())>\n"
    }

    /// A whole document with this element as its root.
    static func document(_ root: HTML) -> HTML { HTML(markup: "<!DOCTYPE html>\n" + root.markup) }

    /// The elements that pages are made of; none of them runs anything.
    enum Element: String, Sendable, CaseIterable {
        case html, head, title, body, header, nav, main, footer, section
        case h1, h2, p, ul, li, dl, dt, dd
        case table, caption, thead, tbody, tr, th, td
        case form, select, option
        case a, button, code, label, span, strong, time

        /// Whether it stands within a line of text; after the others the markup begins a new line, for people.
        var isInline: Bool {
            switch self {
            case .a, .button, .code, .label, .span, .strong, .time: true
            default: false
            }
        }
    }

    /// The elements without content that pages are made of.
    enum EmptyElement: String, Sendable, CaseIterable {
        case input, link, meta
    }
}

/// Joins what stands in a page's source one below the other.
@resultBuilder
enum HTMLBuilder {
    static func buildExpression(_ html: HTML) -> HTML { html }
    static func buildExpression(_ text: String) -> HTML { HTML(text) }
    static func buildBlock(_ parts: HTML...) -> HTML { HTML(parts) }
    static func buildOptional(_ part: HTML?) -> HTML { part ?? .nothing }
    static func buildEither(first: HTML) -> HTML { first }
    static func buildEither(second: HTML) -> HTML { second }
    static func buildArray(_ parts: [HTML]) -> HTML { HTML(parts) }
}

/// Texts as they may stand in content and between the quotes of an attribute.
enum EscapedText {
    /// The text without any character that means something in markup, and without those that hide or turn around what
    /// stands beside them: control characters and the overrides of writing direction become U+FFFD.
    static func of(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            case "\n", "\t": escaped.append(scalar)
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": escaped.append("\u{FFFD}")
            default: escaped.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
            }
        }
        return String(escaped)
    }
}
