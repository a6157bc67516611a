// SPDX-License-Identifier: MIT
import HTTPTypes

/// The four requests of smart HTTP (gitprotocol-http(5)), which are all that the broker knows.
enum GitRoute: Equatable {
    case advertisement(service: String)
    case fetch
    case push

    /// - Parameter segments: the path after the broker's own prefix.
    init?(method: HTTPMethod, segments: [String], service: String?) {
        switch (method, segments) {
        case (.get, ["info", "refs"]):
            // Without a service it would be the dumb protocol, which reads any file.
            guard let service, ["git-upload-pack", "git-receive-pack"].contains(service) else { return nil }
            self = .advertisement(service: service)
        case (.post, ["git-upload-pack"]): self = .fetch
        case (.post, ["git-receive-pack"]): self = .push
        default: return nil
        }
    }

    /// The path and query below the upstream repository.
    var upstreamPath: String {
        switch self {
        case .advertisement(let service): "/info/refs?service=\(service)"
        case .fetch: "/git-upload-pack"
        case .push: "/git-receive-pack"
        }
    }

    var method: HTTPMethod { if case .advertisement = self { .get } else { .post } }

    /// Content types of request and answer.
    var requestType: String? {
        switch self {
        case .advertisement: nil
        case .fetch: "application/x-git-upload-pack-request"
        case .push: "application/x-git-receive-pack-request"
        }
    }
}
