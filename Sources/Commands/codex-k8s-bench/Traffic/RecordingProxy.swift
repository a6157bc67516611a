// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization

/// One request that went through the proxy.
struct RecordedRequest: Sendable {
    var method: HTTPMethod
    /// Path and query.
    var target: String
    var contentType: String
    var body: [UInt8]
    var status: HTTPStatus
    var answer: [UInt8]

    var isWatch: Bool { target.contains("watch=true") || target.contains("watch=1") }
    var isWrite: Bool { method != .get && method != .head }
    /// Leader election, which every operator does and which belongs to no object.
    var isLease: Bool { target.contains("coordination.k8s.io") }
    /// A list of a whole type: a GET whose path ends with the plural.
    var isList: Bool {
        guard method == .get, !isWatch else { return false }
        let segments = target.prefix { $0 != "?" }.split(separator: "/")
        return segments.last.map { $0 == "agentruns" || $0 == "issuenamespaces" || $0 == "jobs" || $0 == "pods" } ?? false
            || target.contains("limit=")
    }
}

/// Stands between an operator and the API server, hands everything on and writes down what was asked.
///
/// It observes; nothing is timed through it.
final class RecordingProxy: Sendable {
    private let requests = Mutex<[RecordedRequest]>([])
    private let upstream: BareServer
    private let http: HTTPClient

    private init(upstream: BareServer) {
        self.upstream = upstream
        http = HTTPClient(configuration: .init(userAgent: "codex-k8s-bench-proxy"))
    }

    /// Runs the body with a proxy in front of a server; the body is given the proxy's address.
    static func with<T: Sendable>(
        _ upstream: BareServer, _ body: (RecordingProxy, String) async throws -> T
    ) async throws -> T {
        let proxy = RecordingProxy(upstream: upstream)
        var configuration = ServerConfiguration()
        configuration.drainPeriod = .milliseconds(100)
        let server = HTTPServer(configuration: configuration, logger: .disabled) { await proxy.handle($0) }
        let serving = Task { try await server.run() }
        defer { proxy.http.shutdown() }
        do {
            let value = try await body(proxy, "http://127.0.0.1:\(try await server.waitUntilListening())")
            serving.cancel()
            _ = try? await serving.value
            return value
        } catch {
            serving.cancel()
            _ = try? await serving.value
            throw error
        }
    }

    /// Everything since the last call.
    func take() -> [RecordedRequest] {
        requests.withLock { all in
            defer { all = [] }
            return all
        }
    }

    /// How many requests there are so far.
    var count: Int { requests.withLock { $0.count } }

    private func handle(_ request: ServerRequest) async -> ServerResponse {
        var headers: HTTPHeaders = [:]
        for name in ["Accept", "Authorization", "Content-Type", "User-Agent"] {
            if let value = request.headers[name] { headers[name] = value }
        }
        var record = RecordedRequest(
            method: request.method, target: request.rawTarget, contentType: request.headers["Content-Type"] ?? "",
            body: request.body, status: .ok, answer: [])
        var wire = ClientRequest(
            method: request.method, url: upstream.url + request.rawTarget, headers: headers,
            body: request.body.isEmpty ? nil : request.body, timeout: record.isWatch ? nil : .seconds(60),
            tls: upstream.tls)
        wire.idleTimeout = nil
        do {
            if record.isWatch {
                requests.withLock { $0.append(record) }
                let answer = try await http.stream(wire)
                let type = answer.headers["Content-Type"] ?? "application/json"
                return .stream(contentType: type, status: answer.status) { writer in
                    for try await chunk in answer.body { try await writer.write(chunk) }
                }
            }
            let answer = try await http.send(wire)
            record.status = answer.status
            // Lists are large and nobody asks for them again.
            if record.isWrite { record.answer = answer.body }
            requests.withLock { [record] in $0.append(record) }
            var fields: HTTPHeaders = [:]
            for name in ["Content-Type", "Retry-After"] {
                if let value = answer.headers[name] { fields[name] = value }
            }
            return ServerResponse(status: answer.status, headers: fields, body: .bytes(answer.body))
        } catch {
            return HTTPError(.badGateway, reason: "upstream", "\(error)").response
        }
    }
}
