// SPDX-License-Identifier: MIT
import HTTPTypes
import KubernetesClient

extension ReflectorMachine.Failure {
    /// What an error of the client, from an answer or from inside a watch, means for following a collection.
    init(_ error: APIError) {
        if error.isResourceVersionTooLarge {
            self = .versionTooLarge(retryAfter: error.retryAfter)
            return
        }
        switch error.reason {
        case .expired: self = .expired
        case .tooManyRequests: self = .busy(retryAfter: error.retryAfter)
        case .serviceUnavailable, .timeout, .internalError:
            self = error.retryAfter == nil ? .failed : .busy(retryAfter: error.retryAfter)
        case .transport, .cancelled: self = .disconnected
        // Not JSON, or JSON cut in the middle: a proxy's page, an answer that broke off.
        case .undecodable: self = .failed
        case .badRequest, .invalid, .methodNotSupported, .unsupportedMediaType, .requestTooLarge: self = .unsupported
        case .unauthorized, .forbidden: self = .denied
        case .notFound, .alreadyExists, .conflict, .notLeading: self = .refused
        // A kind of refusal that we do not know (406 among them) is one of the form of the request.
        case .other: self = (error.status?.rawValue ?? 500) >= 500 ? .failed : .unsupported
        }
    }
}

extension ReflectorMachine.Fallback: CustomStringConvertible {
    /// A sentence for people.
    var description: String {
        switch self {
        case .refused: "the server refuses to stream lists"
        case .unmarked(let attempts): "\(attempts) streamed lists ended without the mark that they were complete"
        case .broken(let attempts): "\(attempts) streamed lists broke off"
        case .tooSlow: "a streamed list was not complete in time"
        }
    }
}
