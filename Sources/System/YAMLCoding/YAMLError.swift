// SPDX-License-Identifier: MIT

/// A place in a YAML text; both numbers start at 1, as editors count.
package struct Mark: Sendable, Hashable, CustomStringConvertible {
    /// The line.
    package let line: Int
    /// The column, in characters.
    package let column: Int

    /// Names a place.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// `line 3, column 5`.
    package var description: String { "line \(line), column \(column)" }
}

/// Why a YAML text was refused, and where.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of mistake it is.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// The text is not YAML.
        case syntax
        /// The text is too long, too deep, or grows too much by its aliases.
        case limit
        /// A mapping names the same key twice.
        case duplicateKey
        /// A key is null, a list or a mapping: JSON has only strings.
        case unsupportedKey
        /// An alias without its anchor, or one inside the very node that it stands for.
        case alias
        /// `<<` with something that is no mapping.
        case merge
        /// A value that its own tag contradicts, or one that JSON cannot hold.
        case value
        /// Not the number of documents that was asked for.
        case documentCount
    }

    /// The kind of mistake.
    package let code: Code
    /// What is wrong, in words.
    package let problem: String
    /// Where; where the text ends for what is missing.
    package let mark: Mark

    /// Describes a refusal.
    package init(_ code: Code, _ problem: String, at mark: Mark) {
        self.code = code
        self.problem = problem
        self.mark = mark
    }

    /// The line, counted from 1.
    package var line: Int { mark.line }
    /// The column, counted from 1.
    package var column: Int { mark.column }

    /// `invalid YAML at line 3, column 5: …`.
    package var description: String { "invalid YAML at \(mark): \(problem)" }
}

/// How much a YAML text may cost.
package struct YAMLLimits: Sendable {
    /// The longest text in bytes.
    package var maximumBytes: Int
    /// The most lists and mappings inside one another.
    package var maximumDepth: Int
    /// The most nodes, with those that aliases repeat: a text of a few lines can name billions.
    package var maximumNodes: Int
    /// The most bytes of scalars, with those that aliases repeat.
    package var maximumExpandedBytes: Int
    /// Nodes that aliases may repeat in any text, however short; merging copies what it repeats.
    let repeatedNodes = 10_000
    /// Further nodes that aliases may repeat, for each that is written, so that memory is bounded by the text's length.
    let repeatedNodesPerNode = 10

    /// Sets the bounds; the defaults hold for a manifest of the largest size that an API server takes, with room.
    package init(
        maximumBytes: Int = 16 << 20, maximumDepth: Int = 100, maximumNodes: Int = 1_000_000,
        maximumExpandedBytes: Int = 64 << 20
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumNodes = maximumNodes
        self.maximumExpandedBytes = maximumExpandedBytes
    }

    /// The bounds used when none are given.
    package static let `default` = YAMLLimits()
}
