// SPDX-License-Identifier: MIT
import HTTPTypes

/// A path within these pages, with its query; percent-encoded, so that no name can leave its segment.
struct ConsolePath: Sendable, Hashable {
    /// The path as it stands in links and in `Location`.
    let text: String

    /// A path of segments; parameters without a value are left out.
    init(_ segments: String..., query: [(name: String, value: String?)] = []) {
        let items = query.compactMap { item in
            item.value.map { RequestTarget.QueryItem(name: item.name, value: $0) }
        }
        text =
            "/" + segments.map { PercentEncoding.encode($0) }.joined(separator: "/")
            + (items.isEmpty ? "" : "?" + RequestTarget.queryString(items))
    }

    static let runs = ConsolePath("runs")
    static let signIn = ConsolePath("signin")
    static let signOut = ConsolePath("signout")
    static let styleSheet = ConsolePath("style.css")
}

/// An address elsewhere that a link may lead to: http or https, and nothing that a browser would run.
struct WebAddress: Sendable, Hashable {
    let text: String

    /// Nil for what is no plain address: another scheme, no host, a user before the host (which makes one host look
    /// like another), or a character that does not belong into one (RFC 3986 §2).
    init?(_ text: String) {
        let lower = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix), text.utf8.count <= 2048,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.foreign.contains($0) })
        else { return nil }
        let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard let first = authority.first, first != ":", !authority.contains("@") else { return nil }
        self.text = text
    }

    private static let foreign = Set("\"'<>\\^`{|}".utf8)
}
