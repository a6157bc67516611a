// SPDX-License-Identifier: MIT
package import HTTPTypes
package import ServiceRuntime

/// Finds the handler of a request by method and path.
///
/// Patterns are segments; `{name}` takes one segment, `{name...}` at the end takes the rest (with its slashes). The
/// more literal pattern wins, whatever the order of registration.
package struct Router: Sendable {
    /// Answers a request; an ``HTTPError`` becomes its own answer, any other error a bare 500.
    package typealias Handler = @Sendable (ServerRequest) async throws -> ServerResponse

    private struct Route: Sendable {
        let method: HTTPMethod
        let pattern: RoutePattern
        let handler: Handler
    }

    private var routes: [Route] = []
    private let logger: Logger

    /// A router without routes.
    package init(logger: Logger) {
        self.logger = logger
    }

    /// Adds a route. A `GET` route answers `HEAD` as well.
    package mutating func add(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping Handler) {
        let route = Route(method: method, pattern: RoutePattern(pattern), handler: handler)
        let index = routes.firstIndex { $0.pattern.isLessSpecific(than: route.pattern) } ?? routes.endIndex
        routes.insert(route, at: index)
    }

    /// Answers `request`: 404 for an unknown path, 405 with `Allow` for another method.
    package func handle(_ request: ServerRequest) async -> ServerResponse {
        do {
            let (handler, request) = try find(request)
            return try await handler(request)
        } catch let error as HTTPError {
            return error.response
        } catch {
            // The particulars are for the log: an error may quote what a stranger must not read.
            logger.error(
                "handler failed",
                ["method": request.method.rawValue, "path": request.path, "error": String(describing: error)])
            return HTTPError(.internalServerError, reason: "internal", "the server failed; its log says why").response
        }
    }

    private func find(_ request: ServerRequest) throws(HTTPError) -> (Handler, ServerRequest) {
        var allowed: [String] = []
        for route in routes {
            guard let parameters = route.pattern.match(request.segments) else { continue }
            guard route.method == request.method || (route.method == .get && request.method == .head) else {
                if !allowed.contains(route.method.rawValue) { allowed.append(route.method.rawValue) }
                continue
            }
            var request = request
            request.pathParameters = parameters
            return (route.handler, request)
        }
        if allowed.isEmpty {
            throw HTTPError(.notFound, reason: "notFound", "there is nothing at \(request.path)")
        }
        throw HTTPError(
            .methodNotAllowed, reason: "methodNotAllowed", "this path takes \(allowed.joined(separator: ", "))",
            headers: ["Allow": allowed.joined(separator: ", ")])
    }
}

/// The pattern of a path.
struct RoutePattern: Sendable {
    private enum Segment: Sendable, Equatable {
        case literal(String)
        case placeholder(String)
        case rest(String)

        var rank: Int {
            switch self {
            case .literal: 0
            case .placeholder: 1
            case .rest: 2
            }
        }
    }

    private let segments: [Segment]

    init(_ text: String) {
        segments = text.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .placeholder(String(name))
        }
    }

    /// The values of the placeholders, or nil when the path is another one.
    func match(_ path: [String]) -> [String: String]? {
        var values: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            if case .rest(let name) = segment {
                values[name] = path.dropFirst(index).joined(separator: "/")
                return values
            }
            guard index < path.count else { return nil }
            switch segment {
            case .literal(let text): guard text == path[index] else { return nil }
            case .placeholder(let name), .rest(let name): values[name] = path[index]
            }
        }
        return path.count == segments.count ? values : nil
    }

    /// Whether `other` has to be tried before this one.
    func isLessSpecific(than other: RoutePattern) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) where mine.rank != theirs.rank {
            return mine.rank > theirs.rank
        }
        return segments.count < other.segments.count
    }
}
