// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// The requests of a model client that are passed on; anything else a provider offers is not for a run.
enum ModelRoute: Equatable {
    case responses
    /// A long conversation's summary, by which codex makes room.
    case compact
    /// The list of models, with the query as it was sent.
    case models(query: String)

    /// nil for what is not passed on.
    init?(_ request: ServerRequest, below path: [String]) {
        switch (request.method, path) {
        case (.post, ["responses"]): self = .responses
        case (.post, ["responses", "compact"]): self = .compact
        case (.get, ["models"]):
            let query = request.rawTarget.firstIndex(of: "?").map { String(request.rawTarget[$0...]) } ?? ""
            guard query.utf8.count <= 1024 else { return nil }
            self = .models(query: query)
        default: return nil
        }
    }

    var method: HTTPMethod { if case .models = self { .get } else { .post } }

    /// The path and query below the provider's base address.
    var upstreamPath: String {
        switch self {
        case .responses: "/responses"
        case .compact: "/responses/compact"
        case .models(let query): "/models" + query
        }
    }
}

/// Header fields on their way between agent and provider.
enum ModelHeaders {
    /// Fields of one connection (RFC 9110 §7.6.1), and those that the transport makes itself.
    private static let ofConnection: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "content-length", "date", "expect",
    ]
    /// What the agent may not choose: who pays, what is asked, and codings in which the key could not be found.
    private static let ofAgent: Set<String> = [
        "authorization", "api-key", "x-api-key", "cookie", "openai-organization", "openai-project", "accept-encoding",
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
        // By these, gateways take a request for another one than its line says.
        "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url",
    ]
    /// What is between provider and broker.
    private static let ofProvider: Set<String> = [
        "set-cookie", "alt-svc", "strict-transport-security", "www-authenticate",
    ]

    /// The fields to send to the provider, without its credential.
    static func request(_ headers: HTTPHeaders) -> HTTPHeaders {
        pass(headers, without: ofAgent)
    }

    /// The fields to answer to the agent with, the key hidden.
    static func response(_ headers: HTTPHeaders, key: String) -> HTTPHeaders {
        var result = HTTPHeaders()
        for (name, value) in pass(headers, without: ofProvider) {
            result.add(name: name, value: KeyMask.mask(value, key: key))
        }
        return result
    }

    private static func pass(_ headers: HTTPHeaders, without dropped: Set<String>) -> HTTPHeaders {
        // A sender names further fields of its connection in Connection.
        let named = headers.values(for: "Connection").flatMap { $0.split(separator: ",") }
            .map { String($0.filter { $0 != " " && $0 != "\t" }).lowercased() }
        var result = HTTPHeaders()
        for (name, value) in headers {
            let lower = name.lowercased()
            if ofConnection.contains(lower) || dropped.contains(lower) || named.contains(lower) { continue }
            result.add(name: name, value: value)
        }
        return result
    }
}
