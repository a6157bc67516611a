// SPDX-License-Identifier: MIT

/// The path and query of a request (RFC 9112 §3.2.1), percent-decoded.
package struct RequestTarget: Sendable, Hashable {
    /// The decoded path; it starts with a slash.
    package var path: String
    /// The path's segments, each decoded after splitting, so that `%2F` never makes a new segment.
    package var segments: [String]
    /// The query's parameters, in order.
    package var query: [QueryItem]

    /// One parameter of a query.
    package struct QueryItem: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Reads an origin-form target; `nil` when it does not start with a slash or an escape is broken.
    package init?(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let rawPath = parts.first, rawPath.hasPrefix("/") else { return nil }
        var segments: [String] = []
        for raw in rawPath.split(separator: "/") {
            guard let segment = PercentEncoding.decode(raw) else { return nil }
            segments.append(segment)
        }
        guard let path = PercentEncoding.decode(rawPath) else { return nil }
        self.path = path
        self.segments = segments
        query = []
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(sides[0], plusIsSpace: true),
                let value = sides.count > 1 ? PercentEncoding.decode(sides[1], plusIsSpace: true) : ""
            else { return nil }
            query.append(QueryItem(name: name, value: value))
        }
    }

    /// The first value of a parameter.
    package subscript(name: String) -> String? { query.first { $0.name == name }?.value }

    /// The query string of these parameters, without a question mark.
    package static func queryString(_ items: [QueryItem]) -> String {
        items.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
