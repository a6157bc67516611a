// SPDX-License-Identifier: MIT
import ChildProcesses
import HTTPServing
import HTTPTypes

/// Serves repositories by git's smart HTTP protocol: `git http-backend` as a CGI program (RFC 3875), one process a
/// request.
struct GitBackend: Sendable {
    /// The folder that holds the bare repositories.
    let repositories: String
    /// The folder with the hook that every push passes.
    let hooks: String

    /// What a path asks for.
    enum Operation: Sendable {
        case read, write
    }

    /// Takes `/OWNER/REPO.git/info/refs`, `…/git-upload-pack`, `…/git-receive-pack` apart; nil for any other path.
    static func parse(_ request: ServerRequest) -> (owner: String, name: String, path: String, operation: Operation)? {
        let segments = request.segments
        guard segments.count >= 3 else { return nil }
        let rest = segments[2...].joined(separator: "/")
        let operation: Operation
        switch (rest, request.query["service"]) {
        case ("info/refs", "git-receive-pack"), ("git-receive-pack", _): operation = .write
        case ("info/refs", _), ("git-upload-pack", _): operation = .read
        default: return nil
        }
        let name = segments[1].hasSuffix(".git") ? String(segments[1].dropLast(4)) : segments[1]
        return (segments[0], name, rest, operation)
    }

    /// Runs the backend. `afterPush` is awaited between a push and the end of its answer.
    func serve(
        _ request: ServerRequest, path: String, operation: Operation, actor: ForgeActor?, repository: ForgeRepository,
        afterPush: @Sendable () async -> Void
    ) async throws -> ServerResponse {
        var environment = GitRepository.environment
        environment["GIT_PROJECT_ROOT"] = repositories
        environment["GIT_HTTP_EXPORT_ALL"] = "1"
        environment["PATH_INFO"] = "/\(repository.id).git/\(path)"
        environment["REQUEST_METHOD"] = request.method.rawValue
        environment["QUERY_STRING"] =
            request.rawTarget.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        environment["CONTENT_TYPE"] = request.headers["Content-Type"] ?? ""
        environment["CONTENT_LENGTH"] = String(request.body.count)
        environment["REMOTE_ADDR"] = request.remoteAddress
        environment["REMOTE_USER"] = actor?.user.login ?? ""
        environment["HTTP_CONTENT_ENCODING"] = request.headers["Content-Encoding"]
        environment["GIT_PROTOCOL"] = request.headers["Git-Protocol"]
        if let actor { environment.merge(PushRules.environment(for: actor, in: repository)) { _, new in new } }
        let settings = [
            ("safe.directory", "*"), ("core.hooksPath", hooks), ("http.receivepack", "true"),
            ("receive.fsckObjects", "true"), ("uploadpack.allowFilter", "true"),
            // What was pushed must outlive the machine's sudden end like everything else here.
            ("core.fsync", "objects,reference"),
        ]
        environment["GIT_CONFIG_COUNT"] = String(settings.count)
        for (index, (key, value)) in settings.enumerated() {
            environment["GIT_CONFIG_KEY_\(index)"] = key
            environment["GIT_CONFIG_VALUE_\(index)"] = value
        }
        let configuration = ChildProcess.Configuration(
            executable: "git", arguments: ["http-backend"], environment: environment,
            standardInput: .bytes(request.body), output: .stream)
        let process = try await ChildProcess.spawn(configuration)
        guard operation == .read else {
            var output: [UInt8] = []
            for await chunk in process.output { output += chunk }
            _ = await process.wait()
            await afterPush()
            let (head, body) = CGIHead.split(output) ?? (CGIHead.broken, [])
            return ServerResponse(status: head.status, headers: head.headers, body: .bytes(body))
        }
        return await Self.stream(process)
    }

    /// Answers with the head as soon as it is there, and with the rest while git makes it.
    private static func stream(_ process: RunningProcess) async -> ServerResponse {
        var start: [UInt8] = []
        var found: (CGIHead, [UInt8])?
        for await chunk in process.output {
            start += chunk
            found = CGIHead.split(start)
            if found != nil || start.count > 64 << 10 { break }
        }
        guard let (head, rest) = found else {
            process.terminate()
            return ServerResponse(status: CGIHead.broken.status, headers: CGIHead.broken.headers)
        }
        return ServerResponse(
            status: head.status, headers: head.headers,
            body: .stream { writer in
                // A client that goes away must not leave git packing for nobody.
                defer { process.terminate() }
                if !rest.isEmpty { try await writer.write(rest) }
                for await chunk in process.output { try await writer.write(chunk) }
                guard await process.wait() == 0 else { throw GitBackendFailed() }
            })
    }
}

/// The backend ended badly in the middle of its answer.
struct GitBackendFailed: Error {}

/// The header part of a CGI answer.
struct CGIHead: Sendable, Equatable {
    var status: HTTPStatus = .ok
    var headers: HTTPHeaders = [:]

    static let broken = CGIHead(status: .badGateway, headers: ["Content-Type": "text/plain"])

    /// Splits off the header; nil while its empty line has not come.
    static func split(_ output: [UInt8]) -> (CGIHead, [UInt8])? {
        var head = CGIHead()
        var index = output.startIndex
        while let end = output[index...].firstIndex(of: UInt8(ascii: "\n")) {
            var line = output[index..<end]
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            index = end + 1
            if line.isEmpty { return (head, Array(output[index...])) }
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return (broken, []) }
            let name = String(text[..<colon])
            let value = String(text[text.index(after: colon)...].drop { $0 == " " })
            if name.lowercased() == "status" {
                head.status = HTTPStatus(rawValue: Int(value.prefix { $0.isNumber }) ?? 502)
            } else {
                head.headers.add(name: name, value: value)
            }
        }
        return nil
    }
}
