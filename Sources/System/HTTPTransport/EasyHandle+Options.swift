// SPDX-License-Identifier: MIT
import CCurl
import HTTPTypes

extension EasyHandle {
    /// The options that every request of a client shares.
    func apply(_ configuration: HTTPClient.Configuration) throws(CurlFailure) {
        // Without it libcurl interrupts name resolution by SIGALRM, which a threaded process must not have.
        try set(CURLOPT_NOSIGNAL, true)
        try set(CURLOPT_NOPROGRESS, true)
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.milliseconds)
        try set(CURLOPT_TCP_KEEPALIVE, true)
        // With the socket's user time-out: a peer that vanished while all was quiet is noticed after 45 s.
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 15)
        // An old connection is replaced, so that rotated certificates and moved addresses are noticed.
        try set(CURLOPT_MAXLIFETIME_CONN, 600)
        // An idle one is dropped before servers and balancers do so (60 s and more): a write that meets the server's end
        // of a connection is lost, because whether it was done cannot be known.
        try set(CURLOPT_MAXAGE_CONN, 45)
    }

    /// The version of HTTP, and whether to wait for a connection that others are opening.
    func applyVersion(isShared: Bool) throws(CurlFailure) {
        // HTTP/2 only where TLS negotiates it: API servers speak it there, plain text servers mostly do not.
        try set(
            CURLOPT_HTTP_VERSION, isShared ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1))
        // Until the handshake says whether the host speaks HTTP/2; a hundred first requests then share a connection.
        try set(CURLOPT_PIPEWAIT, isShared)
    }

    /// Where to connect first. A proxy over TLS is trusted as the host is: with the request's own authorities.
    func apply(_ proxy: HTTPClient.Configuration.Proxy, tls: TLSOptions?) throws(CurlFailure) {
        switch proxy {
        case .none: try set(CURLOPT_PROXY, "")
        case .environment: try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        case .url(let url):
            // The proxy resolves the host's name, as Go's clients have it.
            try set(CURLOPT_PROXY, url.hasPrefix("socks5://") ? "socks5h://" + url.dropFirst(9) : url)
            // The answer to CONNECT is not the answer to the request.
            try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
            guard url.hasPrefix("https://"), let tls else { return }
            try set(CURLOPT_PROXY_SSL_VERIFYPEER, tls.verify)
            try set(CURLOPT_PROXY_SSL_VERIFYHOST, tls.verify ? 2 : 0)
            guard tls.caPEM != nil || tls.caFile != nil else { return }
            try set(CURLOPT_PROXY_CAPATH, nil as String?)
            if let pem = tls.caPEM {
                try set(CURLOPT_PROXY_CAINFO_BLOB, blob: pem)
            } else {
                try set(CURLOPT_PROXY_CAINFO, tls.caFile)
            }
        }
    }

    /// Method, URL and body. Times are the loop's to watch: libcurl forgets them while a transfer waits for a connection.
    func apply(_ request: ClientRequest) throws(CurlFailure) {
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_URL, request.url)
        // The caller's path is meant: `/a/../b` must not become `/b` on the way.
        try set(CURLOPT_PATH_AS_IS, true)
        switch (request.method, request.body) {
        case (.get, nil):
            try set(CURLOPT_HTTPGET, true)
        case (.head, nil):
            try set(CURLOPT_NOBODY, true)
        case (_, nil) where request.method != .post && request.method != .put && request.method != .patch:
            try set(CURLOPT_HTTPGET, true)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        default:
            // With an empty body where there is none: a POST says its length even when that is zero.
            try set(CURLOPT_POST, true)
            try setBody(request.body ?? [])
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if let path = request.unixSocket { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
    }

    /// Trust and client certificate.
    func apply(_ tls: TLSOptions) throws(CurlFailure) {
        try set(CURLOPT_SSL_VERIFYPEER, tls.verify)
        try set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0)
        if tls.caPEM != nil || tls.caFile != nil {
            // The system's folder of authorities would be trusted beside the given ones.
            try set(CURLOPT_CAPATH, nil as String?)
            if let pem = tls.caPEM {
                try set(CURLOPT_CAINFO_BLOB, blob: pem)
            } else {
                try set(CURLOPT_CAINFO, tls.caFile)
            }
        }
        if let certificate = tls.clientCertificatePEM {
            try set(CURLOPT_SSLCERTTYPE, "PEM")
            try set(CURLOPT_SSLCERT_BLOB, blob: certificate)
        }
        if let key = tls.clientKeyPEM {
            try set(CURLOPT_SSLKEYTYPE, "PEM")
            try set(CURLOPT_SSLKEY_BLOB, blob: key)
        }
    }
}

extension Duration {
    /// Whole milliseconds, at least one: zero means "no limit" to libcurl.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let whole = seconds.multipliedReportingOverflow(by: 1000)
        if whole.overflow { return Int(Int32.max) }
        return min(max(1, Int(whole.partialValue) + Int(attoseconds / 1_000_000_000_000_000)), Int(Int32.max))
    }
}
