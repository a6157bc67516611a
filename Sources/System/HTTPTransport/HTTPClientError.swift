// SPDX-License-Identifier: MIT

/// Why no complete answer came. An answer of any status is not an error here.
package struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure, by what a caller can do about it.
    package enum Code: String, Sendable, CaseIterable {
        /// The request cannot be sent as it is: a mistake of the caller.
        case invalidRequest
        /// The host's name has no address.
        case resolve
        /// No connection: nobody listens, no route, or not in time. The request did not leave.
        case connectionFailed
        /// The connection is not trusted, or the peer does not trust us. The request did not leave.
        case tls
        /// The whole answer did not come in the time given.
        case timeout
        /// Nothing came for longer than the silence allowed.
        case idleTimeout
        /// The connection ended before the answer was complete.
        case connectionLost
        /// The peer does not speak HTTP as agreed.
        case protocolViolation
        /// The body is larger than the caller wants.
        case bodyTooLarge
        /// The task was cancelled, or the response dropped.
        case cancelled
        /// The client was shut down.
        case shutDown

        /// Whether the same request may succeed later without anybody changing anything.
        package var isRetryable: Bool {
            switch self {
            case .resolve, .connectionFailed, .timeout, .idleTimeout, .connectionLost: true
            case .invalidRequest, .tls, .protocolViolation, .bodyTooLarge, .cancelled, .shutDown: false
            }
        }
    }

    /// The kind of failure.
    package let code: Code
    /// The URL without user, password, query and fragment, which may be secret.
    package let url: String
    /// What the library said, in a few words.
    package let detail: String

    /// Describes a failure; credentials in `url` are left out.
    package init(_ code: Code, url: String, detail: String) {
        self.code = code
        self.url = Self.displayed(url)
        self.detail = detail
    }

    /// Whether the same request may succeed later without anybody changing anything.
    package var isRetryable: Bool { code.isRetryable }

    /// Whether the peer may have acted on the request although no answer came. Repeating is then only right for a
    /// request that does the same when done twice.
    package var mayHaveBeenProcessed: Bool {
        switch code {
        case .invalidRequest, .resolve, .connectionFailed, .tls: false
        case .timeout, .idleTimeout, .connectionLost, .protocolViolation, .bodyTooLarge, .cancelled, .shutDown: true
        }
    }

    /// One line for a log or a condition.
    package var description: String { "\(url): \(summary): \(detail)" }

    /// The kind in words, with no part that varies: safe as a metric's label.
    package var summary: String {
        switch code {
        case .invalidRequest: "invalid request"
        case .resolve: "cannot resolve the host"
        case .connectionFailed: "cannot connect"
        case .tls: "TLS failed"
        case .timeout: "timed out"
        case .idleTimeout: "went silent"
        case .connectionLost: "connection lost"
        case .protocolViolation: "not HTTP as expected"
        case .bodyTooLarge: "body too large"
        case .cancelled: "cancelled"
        case .shutDown: "the client was shut down"
        }
    }

    /// A URL as it may be shown.
    static func displayed(_ url: String) -> String {
        var text = url.prefix { $0 != "?" && $0 != "#" }
        if let scheme = text.range(of: "://") {
            let authority = text[scheme.upperBound...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@") {
                text.removeSubrange(authority.startIndex...at)
            }
        }
        return String(text)
    }
}

extension Substring {
    /// The first occurrence of a short text.
    fileprivate func range(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
