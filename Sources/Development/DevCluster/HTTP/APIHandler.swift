// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization

/// Answers the HTTP requests of the Kubernetes API: who asks, may they, and what is it.
final class APIHandler: Sendable {
    let api: ClusterAPI
    let authorizer: RBACAuthorizer
    let escalation: EscalationRules
    let tables: TableRenderer
    let discovery: Discovery
    let openAPI: OpenAPIDocuments
    let logger: Logger
    let metrics: MetricsRegistry
    let bookmarkInterval: Duration
    /// How long a request for a version that is not there yet waits for it.
    let freshnessTimeout: Duration
    private let logs: Mutex<(any PodLogs)?> = Mutex(nil)

    init(
        api: ClusterAPI, logger: Logger, metrics: MetricsRegistry, bookmarkInterval: Duration,
        freshnessTimeout: Duration = .seconds(3)
    ) {
        self.api = api
        self.logger = logger
        self.metrics = metrics
        self.bookmarkInterval = bookmarkInterval
        self.freshnessTimeout = freshnessTimeout
        authorizer = RBACAuthorizer(store: api.store)
        escalation = EscalationRules(authorizer: authorizer)
        tables = TableRenderer(clock: api.clock)
        discovery = Discovery(registry: api.registry)
        openAPI = OpenAPIDocuments(registry: api.registry)
    }

    /// Where logs of pods come from.
    func setLogs(_ logs: any PodLogs) { self.logs.withLock { $0 = logs } }
    var podLogs: (any PodLogs)? { logs.withLock { $0 } }

    /// The answer to a request. Never throws: what goes wrong is a Status.
    func handle(_ request: ServerRequest) async -> ServerResponse {
        let info = RequestInfo(request)
        do throws(StatusError) {
            let user = try authenticate(request)
            guard authorizer.allows(info.access, user: user) else {
                throw Self.refusal(info, user)
            }
            let response = try await answer(request, info: info, user: user)
            logger.debug(
                "request", ["verb": info.verb, "path": request.path, "status": String(response.status.rawValue)])
            return response
        } catch {
            logger.debug(
                "request refused",
                ["verb": info.verb, "path": request.path, "status": String(error.code), "reason": error.message])
            return Self.response(error)
        }
    }

    static func response(_ error: StatusError) -> ServerResponse {
        var headers: HTTPHeaders = [:]
        if let seconds = error.retryAfterSeconds { headers["Retry-After"] = String(seconds) }
        for value in error.warnings { headers.add(name: "Warning", value: value) }
        return .json(error.json, status: HTTPStatus(rawValue: error.code), headers: headers)
    }

    private static func refusal(_ info: RequestInfo, _ user: UserInfo) -> StatusError {
        let why = info.access.refusal(user)
        guard info.isResource else {
            return StatusError(code: 403, reason: "Forbidden", message: "forbidden: \(why)")
        }
        return .forbidden(group: info.group, plural: info.plural, name: info.name, why: why)
    }

    private static let endpointsWarning =
        "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"

    // MARK: Who

    /// The user of the request, with impersonation.
    private func authenticate(_ request: ServerRequest) throws(StatusError) -> UserInfo {
        var user = UserInfo.anonymous
        if let header = request.headers["Authorization"] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer",
                let known = api.tokens.user(of: String(parts[1]), store: api.store)
            else { throw .unauthorized }
            user = known
        }
        guard let name = request.headers["Impersonate-User"] else {
            if user == .anonymous, !Self.isPublic(request.path) { throw .unauthorized }
            return user
        }
        return try impersonate(name, request, by: user)
    }

    private static func isPublic(_ path: String) -> Bool {
        ["/healthz", "/livez", "/readyz", "/version"].contains(path)
    }

    private func impersonate(
        _ name: String, _ request: ServerRequest, by user: UserInfo
    ) throws(StatusError) -> UserInfo {
        func require(_ resource: String, _ name: String, namespace: String = "", group: String = "") throws(StatusError)
        {
            let access = AccessRequest(
                verb: "impersonate", group: group, resource: resource, namespace: namespace, name: name)
            guard authorizer.allows(access, user: user) else {
                throw .forbidden(group: group, plural: resource, name: name, why: access.refusal(user))
            }
        }
        var wanted = UserInfo(username: name, groups: request.headers.values(for: "Impersonate-Group"))
        let parts = name.split(separator: ":").map(String.init)
        if parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" {
            try require("serviceaccounts", parts[3], namespace: parts[2])
            if wanted.groups.isEmpty {
                wanted = .serviceAccount(namespace: parts[2], name: parts[3], uid: "")
            }
        } else {
            try require("users", name)
        }
        for group in request.headers.values(for: "Impersonate-Group") { try require("groups", group) }
        if let uid = request.headers["Impersonate-Uid"] {
            try require("uids", uid, group: "authentication.k8s.io")
            wanted.uid = uid
        }
        let prefix = "impersonate-extra-"
        for (header, value) in request.headers where header.lowercased().hasPrefix(prefix) {
            let key = header.lowercased().dropFirst(prefix.count)
            try require("userextras", value, group: "authentication.k8s.io")
            wanted.extra[String(key), default: []].append(value)
        }
        if name != UserInfo.anonymous.username, !wanted.groups.contains("system:authenticated") {
            wanted.groups.append("system:authenticated")
        }
        return wanted
    }

    // MARK: What

    private func answer(
        _ request: ServerRequest, info: RequestInfo, user: UserInfo
    ) async throws(StatusError) -> ServerResponse {
        guard info.isResource else { return try answerPath(request, info: info) }
        guard let resource = api.registry.resource(group: info.group, version: info.version, plural: info.plural) else {
            throw .noSuchPath
        }
        if !info.namespace.isEmpty, !resource.isNamespaced, info.plural != "namespaces" { throw .noSuchPath }
        let call = ResourceCall(
            request: request, info: info, resource: resource, user: user,
            format: try ResponseFormat(accept: request.headers["Accept"], verb: info.verb))
        var response = try await answer(call)
        let deprecation = resource.custom?.deprecation ?? (resource.bucket == .endpoints ? Self.endpointsWarning : nil)
        if let deprecation {
            let warnings = Warnings()
            warnings.add(deprecation)
            for value in warnings.headers { response.headers.add(name: "Warning", value: value) }
        }
        return response
    }

    private func answerPath(_ request: ServerRequest, info: RequestInfo) throws(StatusError) -> ServerResponse {
        guard request.method == .get || request.method == .head else { throw .methodNotAllowed }
        switch info.path {
        case "/healthz", "/livez", "/readyz", "/livez/ping", "/readyz/ping", "/healthz/ping": return .text("ok")
        case "/version", "/version/": return .json(Discovery.version)
        case "/metrics": return .text(metrics.render(), contentType: "text/plain; version=0.0.4; charset=utf-8")
        default: break
        }
        if let document = discovery.document(path: info.path, accept: request.headers["Accept"]) { return document }
        if let document = try openAPI.document(path: info.path, accept: request.headers["Accept"]) { return document }
        throw .noSuchPath
    }
}

/// A request about a resource, with all that is known of it.
struct ResourceCall: Sendable {
    var request: ServerRequest
    var info: RequestInfo
    var resource: ServedResource
    var user: UserInfo
    /// The shape in which the client wants the answer.
    var format: ResponseFormat

    var namespace: String? { info.objectNamespace }
    var includeObject: String { request.query["includeObject"] ?? "Metadata" }
}
