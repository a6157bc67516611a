// SPDX-License-Identifier: MIT
import CCurl

extension HTTPClientError {
    /// The error of a transfer that libcurl ended with `code`, nil for success.
    ///
    /// - Parameter connected: whether the transfer had a connection. A time-out without one is a failure to connect.
    init?(_ code: CURLcode, url: String, detail: String, connected: Bool) {
        guard code != CURLE_OK else { return nil }
        var kind = Self.kind(code, connected: connected)
        switch kind {
        // Nothing had been sent: whatever ended the connection did it before the request was on it.
        case .connectionLost where !connected: kind = .connectionFailed
        // The peer went away in the middle of the handshake, as a server that restarts does: no question of trust.
        case .tls where code == CURLE_SSL_CONNECT_ERROR && Self.isInterruption(detail):
            kind = .connectionFailed
        // TLS 1.3 refuses a client's certificate only after the handshake.
        case .connectionLost where Self.isAlert(detail): kind = .tls
        default: break
        }
        self.init(kind, url: url, detail: detail)
    }

    private static func kind(_ code: CURLcode, connected: Bool) -> Code {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
        // Either the URL's scheme, or what the peer answered was none of HTTP.
        case CURLE_UNSUPPORTED_PROTOCOL: connected ? .protocolViolation : .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connectionFailed
        case CURLE_OPERATION_TIMEDOUT: connected ? .timeout : .connectionFailed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            .tls
        case CURLE_FILESIZE_EXCEEDED: .bodyTooLarge
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_TOO_MANY_REDIRECTS:
            .protocolViolation
        default: .connectionLost
        }
    }

    /// libcurl names OpenSSL's own errors by their routine; a socket that was closed or reset has none.
    private static func isInterruption(_ detail: String) -> Bool {
        !detail.contains("SSL routines") || detail.contains("unexpected eof")
    }

    private static func isAlert(_ detail: String) -> Bool {
        detail.contains("SSL routines") && detail.contains("alert")
    }
}
