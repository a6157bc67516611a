// SPDX-License-Identifier: MIT
import JSONCoding

/// An attribute of an element. Only those below exist: none that runs anything, none that loads anything from
/// elsewhere.
struct Attribute: Sendable, Hashable {
    private let name: String
    private let value: String?

    private init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    /// The attribute as it stands in an element, with a space before it.
    var markup: String { value.map { " \(name)=\"\(EscapedText.of($0))\"" } ?? " \(name)" }

    // MARK: Addresses

    /// A link within these pages.
    static func href(_ path: ConsolePath) -> Attribute { Attribute("href", path.text) }
    /// A link that leads elsewhere.
    static func href(_ address: WebAddress) -> Attribute { Attribute("href", address.text) }
    /// Where a form is sent.
    static func action(_ path: ConsolePath) -> Attribute { Attribute("action", path.text) }
    /// What is behind a link elsewhere learns nothing of these pages.
    static let unrelated = Attribute("rel", "noopener noreferrer")
    static let styleSheet = Attribute("rel", "stylesheet")

    // MARK: Forms

    /// The form changes something.
    static let posts = Attribute("method", "post")
    /// The form only asks.
    static let gets = Attribute("method", "get")
    static func name(_ name: StaticString) -> Attribute { Attribute("name", "\(name)") }
    static func type(_ type: StaticString) -> Attribute { Attribute("type", "\(type)") }
    static func value(_ value: String) -> Attribute { Attribute("value", value) }
    static func id(_ id: StaticString) -> Attribute { Attribute("id", "\(id)") }
    static func label(for id: StaticString) -> Attribute { Attribute("for", "\(id)") }
    static let isRequired = Attribute("required")
    static let isSelected = Attribute("selected")
    /// The browser is not to remember what is typed.
    static let isNotKept = Attribute("autocomplete", "off")

    // MARK: Meaning and looks

    static func charset(_ name: StaticString) -> Attribute { Attribute("charset", "\(name)") }
    static func content(_ text: StaticString) -> Attribute { Attribute("content", "\(text)") }
    static func language(_ tag: StaticString) -> Attribute { Attribute("lang", "\(tag)") }
    static func `class`(_ name: StaticString) -> Attribute { Attribute("class", "\(name)") }
    /// The moment that a text tells, for programs.
    static func datetime(_ time: Timestamp) -> Attribute { Attribute("datetime", time.description) }
    /// The cell is the header of its column.
    static let headsColumn = Attribute("scope", "col")
    /// The cell is the header of its row.
    static let headsRow = Attribute("scope", "row")
    /// What people hear who do not see the element.
    static func spoken(_ text: StaticString) -> Attribute { Attribute("aria-label", "\(text)") }
}

extension HTML.Element: CustomStringConvertible {
    var description: String { rawValue }
}

extension HTML.EmptyElement: CustomStringConvertible {
    var description: String { rawValue }
}
