// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding

/// A request that has found its endpoint and its actor.
struct ForgeRequest: Sendable {
    var http: ServerRequest
    var parameters: [String: String]
    var state: ForgeState
    var renderer: ForgeRenderer
    /// Who asks; the owner's stand-in for endpoints that ask for the app's own token.
    var actor: ForgeActor
    /// The repository of the path, once it is checked that the actor may know of it.
    var repository: ForgeRepository

    /// Path and query, decoded.
    var target: RequestTarget { http.target }

    /// A part of the path, empty when the pattern has none of that name.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// A number in the path; anything else is not found.
    func number(_ name: String) throws -> Int64 {
        guard let value = Int64(parameter(name)) else { throw ForgeFailure.notFound }
        return value
    }

    /// The issue or pull request that `{number}` names.
    func issueKey() throws -> IssueKey {
        let pull = try pullKey()
        let key = state.issues[pull.pairedIssue] == nil ? pull : pull.pairedIssue
        guard state.issues[key] != nil else { throw ForgeFailure.notFound }
        return key
    }

    private func pullKey() throws -> IssueKey {
        IssueKey(repository: repository.id, number: Int(try number("number")), isPull: true)
    }

    /// The pull request that `{number}` names.
    func pull() throws -> ForgePullRequest {
        guard let pull = state.pulls[try pullKey()] else { throw ForgeFailure.notFound }
        return pull
    }

    /// The body as JSON; an empty one is an empty object.
    func json() throws -> JSONValue {
        guard !http.body.isEmpty else { return [:] }
        do { return try JSONValue.parse(http.body) } catch { throw ForgeFailure.problemsParsing }
    }
}

/// What an endpoint answers.
struct ForgeReply: Sendable {
    var status: HTTPStatus = .ok
    var headers: HTTPHeaders = [:]
    var body: JSONValue?
    /// A body that is not JSON.
    var raw: ServerResponse?

    static func json(_ body: JSONValue, _ status: HTTPStatus = .ok) -> ForgeReply {
        ForgeReply(status: status, body: body)
    }

    static let noContent = ForgeReply(status: .noContent)
}

/// Who may call an endpoint.
enum ForgeCaller: Sendable {
    /// The path names a repository; the requirement is checked on it.
    case repository(ForgeRequirement)
    /// Any valid token.
    case anyone
    /// The app itself, by its own signed token.
    case app
    /// The owner's personal token: the stand-in's own switches.
    case owner
}

/// One endpoint: method, path pattern, who may call it, and what it does.
///
/// A pattern's `{name}` takes one segment; `{name*}` as its last part takes the rest, for branch names with slashes.
struct ForgeRoute: Sendable {
    typealias Handler = @Sendable (ForgeRequest) async throws -> ForgeReply

    var method: HTTPMethod
    var pattern: String
    var caller: ForgeCaller
    var handler: Handler
    private let parts: [Substring]

    init(_ method: HTTPMethod, _ pattern: String, _ caller: ForgeCaller, _ handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.caller = caller
        self.handler = handler
        parts = pattern.split(separator: "/")
    }

    /// The name under which requests are counted.
    var kind: String { "\(method) \(pattern)" }

    /// The values of the placeholders, nil when the path is another.
    func match(_ segments: [String]) -> [String: String]? {
        var values: [String: String] = [:]
        for (index, part) in parts.enumerated() {
            guard index < segments.count else { return nil }
            guard part.hasPrefix("{") else {
                guard segments[index] == part else { return nil }
                continue
            }
            let name = part.dropFirst().dropLast()
            if name.hasSuffix("*") {
                values[String(name.dropLast())] = segments[index...].joined(separator: "/")
                return values
            }
            values[String(name)] = segments[index]
        }
        return segments.count == parts.count ? values : nil
    }
}
