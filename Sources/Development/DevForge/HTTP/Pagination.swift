// SPDX-License-Identifier: MIT
import HTTPTypes
import JSONCoding

/// GitHub's pagination: `page` and `per_page` (30, at most 100) and a `Link` header with absolute addresses.
struct Pagination: Sendable {
    let page: Int
    let perPage: Int
    private let target: RequestTarget
    private let baseURL: String

    init(_ request: ForgeRequest) {
        target = request.target
        baseURL = request.renderer.baseURL
        page = max(1, request.target["page"].flatMap { Int($0) } ?? 1)
        perPage = min(100, max(1, request.target["per_page"].flatMap { Int($0) } ?? 30))
    }

    /// The page of a whole list, rendered.
    func reply<Element>(_ list: [Element], _ render: (Element) -> JSONValue) -> ForgeReply {
        let start = min(list.count, (page - 1) * perPage)
        let slice = list[start..<min(list.count, start + perPage)]
        var reply = ForgeReply.json(.array(slice.map(render)))
        reply.headers["Link"] = link(total: list.count)
        return reply
    }

    /// The value of `Link`, nil when everything is on one page.
    func link(total: Int) -> String? {
        let last = max(1, (total + perPage - 1) / perPage)
        guard last > 1 else { return nil }
        var links: [String] = []
        if page > 1 { links.append(link(min(page - 1, last), "prev")) }
        if page < last { links += [link(page + 1, "next"), link(last, "last")] }
        if page > 1 { links.append(link(1, "first")) }
        return links.joined(separator: ", ")
    }

    private func link(_ page: Int, _ relation: String) -> String {
        var query = target.query.filter { $0.name != "page" }
        query.append(RequestTarget.QueryItem(name: "page", value: String(page)))
        let path = PercentEncoding.encodePath(target.path)
        return "<\(baseURL)\(path)?\(RequestTarget.queryString(query))>; rel=\"\(relation)\""
    }
}
