// SPDX-License-Identifier: MIT
import KubernetesClient

extension ReflectorMachine.Failure {
    /// What an error of the client, from an answer or from inside a watch, means for following a collection.
    init(_ error: APIError) {
        if error.isResourceVersionTooLarge {
            self = .versionTooLarge
            return
        }
        switch error.reason {
        case .expired: self = .expired
        case .tooManyRequests: self = .busy(retryAfter: error.retryAfter)
        case .serviceUnavailable, .timeout, .internalError:
            self = error.retryAfter == nil ? .disconnected : .busy(retryAfter: error.retryAfter)
        case .transport, .undecodable: self = .disconnected
        default: self = error.isTransient ? .disconnected : .refused
        }
    }
}
