// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import KubernetesClient
import ServiceRuntime
import SystemCalls

/// An API server as a bare client sees it: an address, whom to trust, a token. No retries, no decoding, no watch.
struct BareServer: Sendable {
    let url: String
    let tls: TLSOptions?
    private let authorization: String?

    init(_ configuration: ClusterConfiguration) throws {
        url = configuration.server
        var options = TLSOptions()
        options.caPEM = configuration.certificateAuthorityPEM
        if let file = configuration.certificateAuthorityFile { options.caPEM = try Files.readText(file, limit: 1 << 20) }
        tls = url.hasPrefix("https://") ? options : nil
        switch configuration.token {
        case .value(let token): authorization = "Bearer \(token.reveal())"
        case .file(let path, _): authorization = "Bearer \(try Files.readText(path, limit: 1 << 16))"
        case nil: authorization = nil
        }
    }

    /// Sends one request and gives the answer, whatever its status.
    func send(
        _ http: HTTPClient, _ method: HTTPMethod, _ target: String, body: [UInt8]? = nil,
        contentType: String = "application/json"
    ) async throws -> ClientResponse {
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if let authorization { headers["Authorization"] = authorization }
        if body != nil { headers["Content-Type"] = contentType }
        return try await http.send(
            ClientRequest(method: method, url: url + target, headers: headers, body: body, tls: tls))
    }

    /// Sends a write that has to succeed.
    ///
    /// A refusal for want of a right is tried again for a second: a real API server grants what a role binding says a
    /// moment after it took the binding, and the operator waits for that as well.
    func write(
        _ http: HTTPClient, _ method: HTTPMethod, _ target: String, body: [UInt8], contentType: String = "application/json"
    ) async throws -> ClientResponse {
        let deadline = ContinuousClock.now + .seconds(1)
        while true {
            let answer = try await send(http, method, target, body: body, contentType: contentType)
            if answer.status.isSuccess { return answer }
            guard answer.status == .forbidden, ContinuousClock.now < deadline else {
                throw BrokenRun(
                    "\(method) \(target): \(answer.status): \(String(decoding: answer.body.prefix(600), as: UTF8.self))")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
