// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import SourceProvider

/// One request to REST.
struct GitHubRequest: Sendable {
    var method: HTTPMethod = .get
    /// From the slash after the API's address, with its query.
    var path: String
    var body: JSONValue?
    /// More than an ordinary answer is allowed for listings of whole trees.
    var maximumBodyBytes = 8 << 20

    /// What errors and logs call it; the query is left out.
    var name: String { "\(method) \(path.split(separator: "?").first.map(String.init) ?? path)" }

    var isWrite: Bool { method != .get && method != .head }
}

/// A successful answer.
struct GitHubResponse: Sendable {
    /// Without its body.
    private let answer: ClientResponse
    let body: JSONValue
    /// The number of the repository to which the host redirected: it was renamed or moved.
    let movedTo: Int64?

    init(_ answer: ClientResponse, body: JSONValue, movedTo: Int64? = nil) {
        self.movedTo = movedTo
        var answer = answer
        answer.body = []
        self.answer = answer
        self.body = body
    }

    var status: HTTPStatus { answer.status }
    var headers: HTTPHeaders { answer.headers }
}

/// Sends one request with given credentials and reads the answer; errors are typed by what the caller does next.
///
/// It knows neither tokens nor budgets: that is its callers' part.
struct GitHubClient: Sendable {
    let apiURL: String
    let http: HTTPClient
    let tls: TLSOptions?
    let deadline: Duration
    let clock: WallClock
    /// Why nothing may be changed now; nil when it may.
    var writeObjection: @Sendable () -> String? = { nil }

    /// - Parameter authorization: the value of `Authorization`; nil asks without.
    func send(_ request: GitHubRequest, authorization: String?) async throws(ProviderError) -> GitHubResponse {
        var wire = ClientRequest(method: request.method, url: apiURL + request.path)
        wire.headers["Accept"] = "application/vnd.github+json"
        wire.headers["X-GitHub-Api-Version"] = "2022-11-28"
        if let authorization { wire.headers["Authorization"] = authorization }
        if let body = request.body {
            wire.headers["Content-Type"] = "application/json"
            wire.body = body.encoded()
        }
        wire.timeout = deadline
        wire.tls = tls
        var hops = 0
        var movedTo: Int64?
        while true {
            if request.isWrite, let objection = writeObjection() {
                throw ProviderError(
                    code: .unavailable, request: request.name, message: "nothing was sent, because \(objection)")
            }
            let answer: ClientResponse
            do {
                answer = try await http.send(wire, maximumBodyBytes: request.maximumBodyBytes)
            } catch {
                throw ProviderError(code: .unavailable, request: request.name, message: error.summary)
            }
            guard hops < Self.maximumRedirects, let next = redirect(answer, of: request) else {
                return try read(answer, of: request, movedTo: movedTo)
            }
            hops += 1
            wire.url = next
            movedTo = repositoryID(in: next) ?? movedTo
        }
    }

    private static let maximumRedirects = 2

    /// Where a renamed or moved repository is now. The token goes to no other host, and a write is repeated only where
    /// the status says that it was not done (GitHub: "Following redirects").
    private func redirect(_ answer: ClientResponse, of request: GitHubRequest) -> String? {
        let status = answer.status.rawValue
        guard status == 307 || status == 308 || (status == 301 || status == 302) && !request.isWrite,
            let location = answer.headers["Location"]
        else { return nil }
        let url = location.hasPrefix("/") ? origin + location : location
        return url.hasPrefix(apiURL + "/") ? url : nil
    }

    /// The number in `…/repositories/NUMBER/…`, to which requests for an old name are redirected.
    private func repositoryID(in url: String) -> Int64? {
        let prefix = apiURL + "/repositories/"
        guard url.hasPrefix(prefix) else { return nil }
        return Int64(url.dropFirst(prefix.count).prefix { ("0"..."9").contains($0) })
    }

    /// Scheme and host of the API's address.
    private var origin: String {
        let parts = apiURL.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/")
    }

    private func read(
        _ answer: ClientResponse, of request: GitHubRequest, movedTo: Int64?
    ) throws(ProviderError) -> GitHubResponse {
        let json = answer.body.isEmpty ? JSONValue.null : try? JSONValue.parse(answer.body)
        guard answer.status.isSuccess else {
            throw Self.error(answer, body: json ?? .null, request: request.name, now: clock.now())
        }
        guard let json else {
            throw ProviderError(code: .unavailable, request: request.name, message: "the answer is not JSON")
        }
        return GitHubResponse(answer, body: json, movedTo: movedTo)
    }

    /// Types an error answer.
    static func error(_ answer: ClientResponse, body: JSONValue, request: String, now: Timestamp) -> ProviderError {
        let status = answer.status.rawValue
        let message = message(body, status: answer.status)
        let limit = RateLimit.wait(status: status, headers: answer.headers, message: message, now: now)
        let code: ProviderError.Code =
            switch status {
            case _ where limit != nil: .rateLimited(until: limit ?? now)
            case 401: .unauthorized
            case 403, 451: .forbidden
            case 404, 410: .notFound
            case 405, 409: .conflict
            case 400, 413, 415, 422: .invalid
            default: .unavailable
            }
        return ProviderError(code: code, request: request, message: message)
    }

    /// GitHub's sentence and its details in one line of bounded length.
    private static func message(_ body: JSONValue, status: HTTPStatus) -> String {
        var text = body["message"]?.stringValue ?? status.description
        let details = (body["errors"]?.arrayValue ?? []).compactMap { error in
            error.stringValue ?? error["message"]?.stringValue
                ?? [error["resource"], error["field"], error["code"]].compactMap { $0?.stringValue }.joined(
                    separator: " ")
        }
        if !details.isEmpty { text += " (" + details.prefix(5).joined(separator: "; ") + ")" }
        return String(text.prefix(500))
    }
}
