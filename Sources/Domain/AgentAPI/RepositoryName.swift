// SPDX-License-Identifier: MIT

/// A repository as people write it: `owner/name`.
///
/// Names are case-insensitive and can change on GitHub, so nothing durable is derived from them: the numeric id is what
/// names of namespaces and rows of history are made of.
package struct RepositoryName: Sendable, Hashable, CustomStringConvertible, Codable {
    /// The account.
    package let owner: String
    /// The repository's own name.
    package let name: String

    /// Reads `owner/name`; `nil` for anything that could not be one on GitHub.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isValid(parts[0], maximum: 39), Self.isValid(parts[1], maximum: 100) else {
            return nil
        }
        owner = String(parts[0])
        name = String(parts[1])
    }

    private static func isValid(_ part: Substring, maximum: Int) -> Bool {
        guard !part.isEmpty, part.utf8.count <= maximum, part != ".", part != ".." else { return false }
        return part.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }

    /// `owner/name`.
    package var description: String { "\(owner)/\(name)" }

    /// Whether both name the same repository: GitHub compares without case.
    package func matches(_ other: RepositoryName) -> Bool {
        description.lowercased() == other.description.lowercased()
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = RepositoryName(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not a repository (owner/name)")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
