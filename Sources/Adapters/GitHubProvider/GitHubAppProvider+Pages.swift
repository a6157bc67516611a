// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import JSONCoding
import SourceProvider

extension GitHubAppProvider {
    /// The most pages of one list. An issue with more events than that is past what a person still reads.
    static let maximumPages = 50

    /// Reads a whole list, page after page.
    ///
    /// - Parameter path: without `per_page`; the largest page is asked for.
    func list(_ path: String, in repository: RepositoryName) async throws(ProviderError) -> [GitHubObject] {
        var next: String? = path + (path.contains("?") ? "&" : "?") + "per_page=100"
        var objects: [GitHubObject] = []
        var pages = 0
        while let current = next {
            pages += 1
            let request = GitHubRequest(path: current)
            guard pages <= Self.maximumPages else {
                throw ProviderError(
                    code: .invalid, request: request.name, message: "the list has more than \(Self.maximumPages) pages")
            }
            let answer = try await send(request, in: repository)
            guard let page = answer.body.arrayValue else {
                throw ProviderError(code: .unavailable, request: request.name, message: "the answer is not a list")
            }
            objects += page.map { GitHubObject($0, of: request.name) }
            next = LinkHeader.next(in: answer.headers["Link"], below: configuration.apiURL)
        }
        return objects
    }

    /// The path of a repository's part of REST.
    func path(_ repository: RepositoryName, _ rest: String = "") -> String {
        "/repos/\(repository.owner)/\(repository.name)\(rest)"
    }
}

/// The `Link` header (RFC 8288) as GitHub uses it for pages.
enum LinkHeader {
    /// The path of the next page, nil on the last one.
    ///
    /// Only an address below `apiURL` is followed: the token goes nowhere else, whatever an answer says.
    static func next(in header: String?, below apiURL: String) -> String? {
        for link in (header ?? "").split(separator: ",") {
            let parts = link.split(separator: ";").map { $0.drop { $0 == " " } }
            guard parts.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }),
                let target = parts.first, target.first == "<", target.last == ">"
            else { continue }
            let url = target.dropFirst().dropLast()
            guard url.hasPrefix(apiURL + "/") else { return nil }
            return String(url.dropFirst(apiURL.count))
        }
        return nil
    }
}
