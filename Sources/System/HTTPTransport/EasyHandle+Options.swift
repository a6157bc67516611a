// SPDX-License-Identifier: MIT
import CCurl
import HTTPTypes

extension EasyHandle {
    /// Sets all that does not change from request to request.
    ///
    /// - Parameter isShared: whether the host may carry many requests on a connection.
    /// - Throws: ``CurlFailure`` for what libcurl does not take, and for a server name that is none.
    func prepare(_ route: Route, _ configuration: HTTPClient.Configuration, isShared: Bool) throws(CurlFailure) {
        try collectErrorText()
        try listen()
        try apply(configuration)
        // For CONNECT alone, which is not sent the request's own fields; libcurl would write it anew for every request.
        if route.proxy != .none { try set(CURLOPT_USERAGENT, configuration.userAgent) }
        try applyVersion(isShared: isShared)
        try apply(route.proxy, tls: route.tls)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        // The caller's path is meant: `/a/../b` must not become `/b` on the way.
        try set(CURLOPT_PATH_AS_IS, true)
        if let path = route.unixSocket { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let tls = route.tls { try apply(tls) }
        try set(CURLOPT_URL, route.origin + "/")
        guard let serverName = route.tls?.serverName else { return }
        // libcurl takes the name for SNI and for the check of the certificate from the URL, and has no option for just
        // that: the name becomes the URL's, and connections go to the URL's real host.
        guard let renamed = RenamedURL(route.origin + "/", host: serverName) else {
            throw CurlFailure(code: CURLE_URL_MALFORMAT)
        }
        authority = renamed.originalAuthority
        connectTo.append(renamed.connectTo)
        try set(CURLOPT_URL, renamed.url)
        try set(CURLOPT_CONNECT_TO, pointer: connectTo.pointer)
    }

    /// Sets what one request asks for. Times are the loop's to watch: libcurl forgets them while a transfer waits for a
    /// connection.
    ///
    /// - Parameters:
    ///   - wholeURL: for a proxy that has to see it; otherwise `target` is enough.
    ///   - memory: stays alive and in its place until the transfer is over.
    func ask(
        _ method: HTTPMethod, _ target: String, wholeURL: String?, hasBody: Bool, _ memory: borrowing RequestMemory
    ) throws(CurlFailure) {
        if let wholeURL {
            try set(CURLOPT_URL, wholeURL)
        } else {
            try set(CURLOPT_REQUEST_TARGET, target)
        }
        switch method {
        case .get where !hasBody:
            try set(CURLOPT_HTTPGET, true)
            try set(CURLOPT_CUSTOMREQUEST, nil)
        case .head where !hasBody:
            try set(CURLOPT_NOBODY, true)
            try set(CURLOPT_CUSTOMREQUEST, nil)
        case _ where hasBody:
            try set(CURLOPT_POST, true)
            try setBody(memory.body, count: memory.bodyCount)
            try set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        default:
            try set(CURLOPT_HTTPGET, true)
            try set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
        try set(CURLOPT_HTTPHEADER, pointer: memory.lines)
    }

    /// The options that every request of a client shares.
    private func apply(_ configuration: HTTPClient.Configuration) throws(CurlFailure) {
        // Without it libcurl interrupts name resolution by SIGALRM, which a threaded process must not have.
        try set(CURLOPT_NOSIGNAL, true)
        try set(CURLOPT_NOPROGRESS, true)
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
    private func applyVersion(isShared: Bool) throws(CurlFailure) {
        // HTTP/2 only where TLS negotiates it: API servers speak it there, plain text servers mostly do not.
        try set(
            CURLOPT_HTTP_VERSION, isShared ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1))
        // Until the handshake says whether the host speaks HTTP/2; a hundred first requests then share a connection.
        try set(CURLOPT_PIPEWAIT, isShared)
    }

    /// Where to connect first. A proxy over TLS is trusted as the host is: with the request's own authorities.
    private func apply(_ proxy: HTTPClient.Configuration.Proxy, tls: TLSOptions?) throws(CurlFailure) {
        switch proxy {
        case .none:
            try set(CURLOPT_PROXY, "")
            // Or libcurl would look for exceptions in the environment at each request.
            try set(CURLOPT_NOPROXY, "*")
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

    /// Trust and client certificate.
    private func apply(_ tls: TLSOptions) throws(CurlFailure) {
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
