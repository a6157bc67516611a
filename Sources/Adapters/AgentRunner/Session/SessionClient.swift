// SPDX-License-Identifier: MIT
import AgentAPI
import Compression
import Cryptography
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime

/// The run API's part for sessions, through the broker. What passes is tried again until a deadline.
struct SessionClient: Sendable {
    /// What the run API makes of a manifest.
    enum Commit: Sendable, Equatable {
        case committed
        /// Some of the digests that are not there.
        case incomplete([String])
    }

    let connection: BrokerConnection
    let client: HTTPClient
    /// The first pause between two tries.
    var firstPause = Duration.milliseconds(200)

    /// The longest answer to one request.
    private static let requestTimeout = Duration.seconds(20)

    /// The session that an earlier pod of this run saved last; nil where none did.
    func own(until deadline: ContinuousClock.Instant) async throws -> String? {
        let doing = "asking for this run's session"
        let answer = try await send(doing, .get, "session", until: deadline)
        if answer.status == .notFound { return nil }
        guard answer.status == .ok, let name = (try? JSONValue.parse(answer.body))?["session"]?.stringValue,
            SessionName.isValid(name)
        else { throw Self.refusal(doing, answer) }
        return name
    }

    /// The last snapshot of a session.
    func manifest(_ session: String, until deadline: ContinuousClock.Instant) async throws -> SessionManifest {
        let doing = "asking for session \(session)"
        let answer = try await send(doing, .get, "session/\(session)", until: deadline)
        if answer.status == .notFound, Self.reason(answer) == "sessionNotFound" {
            throw SessionProblem.unknown(session: session)
        }
        guard answer.status == .ok else { throw Self.refusal(doing, answer) }
        do { return try JSONValue.parse(answer.body).decode(SessionManifest.self) } catch {
            throw SessionProblem.damaged(session: session, reason: "its manifest cannot be read: \(error)")
        }
    }

    /// The bytes of a chunk, which are what its name says.
    func chunk(
        _ digest: String, of session: String, until deadline: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        let doing = "fetching session \(session)"
        let answer = try await send(doing, .get, "session/\(session)/chunks/\(digest)", until: deadline)
        if answer.status == .notFound {
            throw SessionProblem.damaged(session: session, reason: "chunk \(digest.prefix(12)) is missing")
        }
        guard answer.status == .ok else { throw Self.refusal(doing, answer) }
        let bytes: [UInt8]
        do { bytes = try Zlib.decompress(answer.body, limit: SessionManifest.chunkBytes) } catch {
            throw SessionProblem.damaged(session: session, reason: "chunk \(digest.prefix(12)): \(error)")
        }
        guard SHA256.hexDigest(bytes) == digest else {
            throw SessionProblem.damaged(session: session, reason: "chunk \(digest.prefix(12)) holds other bytes")
        }
        return bytes
    }

    /// Sends a chunk; one that is there already is no error.
    func put(
        _ bytes: [UInt8], _ digest: String, of session: String, until deadline: ContinuousClock.Instant
    ) async throws {
        let doing = "sending session \(session)"
        let answer = try await send(
            doing, .put, "session/\(session)/chunks/\(digest)", Zlib.compress(bytes), type: "application/zlib",
            until: deadline)
        if !answer.status.isSuccess { throw Self.refusal(doing, answer) }
    }

    /// Makes a snapshot the session's last one.
    func commit(
        _ manifest: SessionManifest, as session: String, until deadline: ContinuousClock.Instant
    ) async throws -> Commit {
        let doing = "saving session \(session)"
        let answer = try await send(
            doing, .put, "session/\(session)", JSONValue(encoding: manifest).encoded(), type: "application/json",
            until: deadline)
        if answer.status.isSuccess { return .committed }
        if answer.status == .conflict {
            switch Self.reason(answer) {
            case "superseded": throw SessionProblem.superseded
            case "incomplete":
                let missing = (try? JSONValue.parse(answer.body))?["missing"]?.arrayValue ?? []
                return .incomplete(missing.compactMap(\.stringValue))
            default: break
            }
        }
        throw Self.refusal(doing, answer)
    }

    /// Sends a request until somebody answers who means it.
    private func send(
        _ doing: String, _ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil, type: String? = nil,
        until deadline: ContinuousClock.Instant
    ) async throws -> ClientResponse {
        var backoff = Backoff(initial: firstPause, factor: 2, maximum: .seconds(5))
        while true {
            let problem: String
            do {
                // Looked up each time: a broker that was started again listens elsewhere.
                let url = "\(try await connection.address())/run/\(path)"
                let left = ContinuousClock.now.duration(to: deadline)
                var headers: HTTPHeaders = [:]
                if let type { headers["Content-Type"] = type }
                let answer = try await client.send(
                    ClientRequest(
                        method: method, url: url, headers: headers, body: body,
                        timeout: max(.milliseconds(100), min(Self.requestTimeout, left))),
                    maximumBodyBytes: 2 << 20)
                guard Self.passes(answer) else { return answer }
                problem = Self.words(answer)
            } catch let error as HTTPClientError {
                problem = BrokerURL.hide(in: error.summary)
            } catch let error as RunnerError {
                problem = error.description
            }
            try Task.checkCancellation()
            let pause = backoff.next()
            guard ContinuousClock.now + pause < deadline else {
                throw SessionProblem.unreachable(doing: doing, reason: problem)
            }
            try await Task.sleep(for: pause)
        }
    }

    /// Whether the answer is one that time mends: the way there, a busy server, a run that does not know its Job yet.
    private static func passes(_ answer: ClientResponse) -> Bool {
        [.badGateway, .serviceUnavailable, .gatewayTimeout, .tooManyRequests].contains(answer.status)
    }

    private static func refusal(_ doing: String, _ answer: ClientResponse) -> SessionProblem {
        .refused(doing: doing, reason: words(answer))
    }

    private static func reason(_ answer: ClientResponse) -> String? {
        (try? JSONValue.parse(answer.body))?["reason"]?.stringValue
    }

    /// What the other side says, in one line.
    private static func words(_ answer: ClientResponse) -> String {
        let json = try? JSONValue.parse(answer.body)
        let text = json?["message"]?.stringValue ?? String(decoding: answer.body.prefix(300), as: UTF8.self)
        return OneLine.make("\(answer.status.rawValue): \(text)", limit: 300)
    }
}
