// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import Compression
import Cryptography
import HTTPServing
import HTTPTypes
import JSONCoding

/// `/v1/run/session/…`: chunks by their digests, and the manifest that makes a snapshot of them.
struct SessionRoutes: Sendable {
    /// The content type of a chunk (RFC 6713).
    static let chunkType = "application/zlib"

    let store: any SessionStore
    /// The most bytes of a session's files.
    let limit: Int

    /// Which session the caller's own run saved last: a pod that takes the place of a lost one goes on with it.
    func own(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        let latest = try await store.latest(scope: caller.owner.scope, branch: caller.owner.branch)
        guard let latest, latest.runUID == caller.runUID else {
            throw HTTPError(.notFound, reason: "sessionNotFound", "this run has saved no session")
        }
        return .json(["session": .string(latest.id)])
    }

    /// The last snapshot of a session of this issue and agent.
    func manifest(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        let session = try Self.session(request)
        guard let manifest = try await store.manifest(session: session, scope: caller.owner.scope) else {
            throw HTTPError(
                .notFound, reason: "sessionNotFound", "no snapshot of \(session) is kept for this issue and agent")
        }
        return .json(try JSONValue(encoding: manifest))
    }

    /// A chunk as it is kept: compressed.
    func chunk(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        let (session, digest) = (try Self.session(request), try Self.digest(request))
        guard let chunk = try await store.chunk(digest, session: session, scope: caller.owner.scope) else {
            throw HTTPError(
                .notFound, reason: "chunkNotFound", "\(session) has no chunk \(digest) in its last snapshot")
        }
        return ServerResponse(headers: ["Content-Type": Self.chunkType], body: .bytes(chunk.content))
    }

    /// Takes a chunk whose bytes are what its name says.
    func putChunk(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        let (session, digest) = (try Self.session(request), try Self.digest(request))
        let raw: [UInt8]
        do { raw = try Zlib.decompress(request.body, limit: SessionManifest.chunkBytes) } catch {
            throw HTTPError(.unprocessableContent, reason: "invalidChunk", "the chunk cannot be taken: \(error)")
        }
        guard !raw.isEmpty, SHA256.hexDigest(raw) == digest else {
            throw HTTPError(
                .unprocessableContent, reason: "digestMismatch", "the chunk's bytes are not those of \(digest)")
        }
        guard request.body.count <= Self.mostBytes(of: raw.count) else {
            throw HTTPError(
                .unprocessableContent, reason: "invalidChunk",
                "the chunk cannot be taken: \(request.body.count) bytes for \(raw.count) are more than zlib needs")
        }
        let chunk = SessionChunk(sha256: digest, rawBytes: raw.count, content: request.body)
        switch try await store.putChunk(chunk, session: session, owner: caller.owner, limit: limit) {
        case .stored: return .empty(.noContent)
        case .foreign: throw Self.foreign(session)
        case .full(let why): throw HTTPError(.contentTooLarge, reason: "full", "the chunk is not kept: \(why)")
        }
    }

    /// The most bytes of a zlib stream of so many: blocks that are not compressed add five bytes each (RFC 1951), and
    /// no program makes them smaller than 4 KiB. More is padding, which would be kept and not counted.
    private static func mostBytes(of raw: Int) -> Int { raw + raw / 512 + 64 }

    /// Makes a snapshot of chunks that are there.
    func commit(_ request: ServerRequest, _ caller: RunCaller) async throws -> ServerResponse {
        let session = try Self.session(request)
        let manifest: SessionManifest
        do { manifest = try JSONValue.parse(request.body).decode(SessionManifest.self) } catch {
            throw HTTPError(.badRequest, reason: "malformed", "the manifest cannot be read: \(error)")
        }
        if let work = manifest.work, work.runUID != caller.runUID {
            throw HTTPError(.unprocessableContent, reason: "invalid", "unfinished work is of another run")
        }
        switch try await store.commit(manifest, session: session, owner: caller.owner, limit: limit) {
        case .committed: return .empty(.noContent)
        case .incomplete(let missing):
            return .json(
                [
                    "status": "error", "reason": "incomplete",
                    "message": "\(missing.count) chunks of the snapshot are not there; send them and commit again",
                    "missing": .array(missing.map { .string($0) }),
                ], status: .conflict)
        case .superseded:
            throw HTTPError(
                .conflict, reason: "superseded",
                "a later pod, attempt or run has saved \(session); this snapshot is not kept")
        case .foreign: throw Self.foreign(session)
        case .refused(let why):
            throw HTTPError(.unprocessableContent, reason: "invalid", "the snapshot is not kept: \(why)")
        }
    }

    private static func foreign(_ session: String) -> HTTPError {
        HTTPError(
            .forbidden, reason: "foreignSession", "the session \(session) belongs to another issue or agent")
    }

    private static func session(_ request: ServerRequest) throws(HTTPError) -> String {
        guard let name = request.pathParameters["session"], SessionName.isValid(name) else {
            throw HTTPError(
                .badRequest, reason: "invalidSession",
                "the session's name is not 1 to 128 letters, digits, -, _ and .")
        }
        return name
    }

    private static func digest(_ request: ServerRequest) throws(HTTPError) -> String {
        guard let digest = request.pathParameters["digest"], SessionDigest.isValid(digest) else {
            throw HTTPError(
                .badRequest, reason: "invalidDigest", "the chunk's name is not 64 lower-case hexadecimal digits")
        }
        return digest
    }
}
