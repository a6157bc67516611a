// SPDX-License-Identifier: MIT
package import HTTPTransport
package import HTTPTypes
package import KubernetesAPI

/// Why a request to the API server did not do what was asked.
package struct APIError: Error, Sendable, CustomStringConvertible {
    /// What callers decide by.
    package enum Reason: Sendable, Hashable {
        case badRequest
        case unauthorized
        case forbidden
        case notFound
        case methodNotSupported
        case alreadyExists
        /// Someone else changed the object, or owns a field of it.
        case conflict
        case invalid
        /// The version or the continuation is too old (410, either name).
        case expired
        case tooManyRequests
        case requestTooLarge
        case unsupportedMediaType
        /// The server gave up; the request may have been done.
        case timeout
        case internalError
        case serviceUnavailable
        /// No answer: connection, TLS, name, or time-out on our side. The request may have been done.
        case transport
        /// The answer could not be read.
        case undecodable
        /// The caller's task was cancelled.
        case cancelled
        /// The write guard refused: this process does not lead, or can no longer be sure that it does. Nothing was sent.
        case notLeading
        case other(String)
    }

    /// What callers decide by.
    package let reason: Reason
    /// The HTTP status; nil when there was no answer.
    package let status: HTTPStatus?
    /// A sentence for people, from the server where it gave one.
    package let message: String
    /// The least time to wait before another try, when the server named one.
    package let retryAfter: Duration?
    /// What the server says in detail, such as one entry a wrong field.
    package let details: StatusDetails?
    /// Verb and resource, without names: fit for logs.
    package let request: String
    /// Whether what was asked may have been done all the same: look before doing it again.
    package let mayHaveBeenDone: Bool
    /// What failed below HTTP; nil when there was an answer, or when nothing was sent for another reason.
    package let cause: HTTPClientError.Code?

    /// An error; whether the request may have been done follows from the reason when it is not given.
    package init(
        reason: Reason, status: HTTPStatus? = nil, message: String, retryAfter: Duration? = nil,
        details: StatusDetails? = nil, request: String = "", mayHaveBeenDone: Bool? = nil,
        cause: HTTPClientError.Code? = nil
    ) {
        self.cause = cause
        self.reason = reason
        self.status = status
        self.message = message
        self.retryAfter = retryAfter
        self.details = details
        self.request = request
        self.mayHaveBeenDone =
            mayHaveBeenDone
            ?? {
                switch reason {
                case .timeout, .internalError, .transport, .undecodable, .cancelled: true
                default: (status?.rawValue ?? 0) >= 500
                }
            }()
    }

    /// The reasons in detail, one a wrong field.
    package var causes: [StatusCause] { details?.causes ?? [] }

    /// The request, what went wrong, and the status.
    package var description: String {
        let code = status.map { " (\($0.rawValue))" } ?? ""
        return "\(request.isEmpty ? "request" : request): \(message)\(code)"
    }

    /// No complete answer came in the time that the request had; a smaller one might.
    package var isLate: Bool { cause == .timeout }

    /// Creation was refused because the namespace is on its way out: wait for it to be gone.
    package var isNamespaceTerminating: Bool {
        reason == .forbidden && causes.contains { $0.reason == "NamespaceTerminating" }
    }

    /// The asked version is ahead of what the server has seen: read anew without a version.
    package var isResourceVersionTooLarge: Bool {
        causes.contains { $0.reason == "ResourceVersionTooLarge" } || message.contains("Too large resource version")
    }

    /// Whether the same request may succeed later without anyone changing anything.
    package var isTransient: Bool {
        switch reason {
        case .tooManyRequests, .timeout, .internalError, .serviceUnavailable, .transport: true
        case .other: (status?.rawValue ?? 0) >= 500
        default: false
        }
    }
}
