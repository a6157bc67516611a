// SPDX-License-Identifier: MIT
import CCurl

extension HTTPClientError {
    /// The error of a transfer that libcurl ended with `code`, nil for success.
    ///
    /// - Parameter connected: whether the transfer had a connection. A time-out without one is a failure to connect.
    init?(_ code: CURLcode, url: String, detail: String, connected: Bool) {
        let kind: Code
        switch code {
        case CURLE_OK: return nil
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: kind = .invalidRequest
        // Either the URL's scheme, or what the peer answered was none of HTTP.
        case CURLE_UNSUPPORTED_PROTOCOL: kind = connected ? .protocolViolation : .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: kind = .resolve
        case CURLE_COULDNT_CONNECT: kind = .connectionFailed
        case CURLE_OPERATION_TIMEDOUT: kind = connected ? .timeout : .connectionFailed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            kind = .tls
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_HTTP3, CURLE_QUIC_CONNECT_ERROR:
            kind = .connectionLost
        case CURLE_FILESIZE_EXCEEDED: kind = .bodyTooLarge
        case CURLE_ABORTED_BY_CALLBACK: kind = .cancelled
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_TOO_MANY_REDIRECTS:
            kind = .protocolViolation
        default: kind = .connectionLost
        }
        self.init(kind, url: url, detail: detail)
    }
}
