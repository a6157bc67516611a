// SPDX-License-Identifier: MIT
package import HTTPTypes

/// One request to send.
///
/// Redirects are not followed, cookies are not kept, and nothing is sent twice but what is safe to: a read, or a request
/// of which no byte had left when its connection turned out to be closed. What to do about an answer is the caller's
/// decision. Its text shows method and URL only, because headers and body may carry credentials.
package struct ClientRequest: Sendable {
    /// The request's method.
    package var method: HTTPMethod
    /// An absolute `http` or `https` URL, already percent-encoded.
    package var url: String
    /// The header fields. Host, length and transfer coding are set by the transport.
    package var headers: HTTPHeaders
    /// The body; nil sends none.
    package var body: [UInt8]?
    /// The time for everything from waiting for a connection to the last byte; nil for no limit.
    package var timeout: Duration?
    /// The longest silence: fails the request when no byte arrives for this long. It is what notices a dead peer behind
    /// a stream that has no other limit. Time in which the reader keeps the stream paused does not count.
    package var idleTimeout: Duration?
    /// The path of a Unix domain socket to connect to instead of the URL's host.
    package var unixSocket: String?
    /// How to trust and to be trusted; nil for the system's certificate authorities and no client certificate.
    package var tls: TLSOptions?
    /// Where to connect first; nil does as the client's configuration says.
    package var proxy: HTTPClient.Configuration.Proxy?

    /// Makes a request.
    package init(
        method: HTTPMethod = .get, url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
        timeout: Duration? = .seconds(30), idleTimeout: Duration? = nil, unixSocket: String? = nil,
        tls: TLSOptions? = nil, proxy: HTTPClient.Configuration.Proxy? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.unixSocket = unixSocket
        self.tls = tls
        self.proxy = proxy
    }
}

extension ClientRequest: CustomStringConvertible, CustomReflectable {
    /// Method and URL, without anything that may be secret.
    package var description: String { "\(method) \(HTTPClientError.displayed(url))" }

    /// Without children: a mirror would show the headers.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// How a TLS connection is authenticated. Connections are shared only between requests with equal options.
package struct TLSOptions: Sendable, Hashable {
    /// Certificate authorities in PEM; given, they are the only ones trusted.
    package var caPEM: String?
    /// A file of certificate authorities in PEM; given, they are the only ones trusted. ``caPEM`` wins.
    package var caFile: String?
    /// The client's certificate chain in PEM.
    package var clientCertificatePEM: String?
    /// The client's private key in PEM.
    package var clientKeyPEM: String?
    /// The name to ask for and to find in the server's certificate, where it is not the URL's host.
    package var serverName: String?
    /// Whether the server's certificate is checked; false gives up all protection and is for tests by hand.
    package var verify: Bool

    /// Makes options.
    package init(
        caPEM: String? = nil, caFile: String? = nil, clientCertificatePEM: String? = nil, clientKeyPEM: String? = nil,
        serverName: String? = nil, verify: Bool = true
    ) {
        self.caPEM = caPEM
        self.caFile = caFile
        self.clientCertificatePEM = clientCertificatePEM
        self.clientKeyPEM = clientKeyPEM
        self.serverName = serverName
        self.verify = verify
    }
}

extension TLSOptions: CustomStringConvertible, CustomReflectable {
    /// What is set, without the key.
    package var description: String {
        let trust = caPEM != nil ? "given authorities" : caFile ?? "system authorities"
        let client = clientCertificatePEM == nil ? "no client certificate" : "client certificate"
        return "TLS(\(verify ? trust : "unverified"), \(client))"
    }

    /// Without children: a mirror would show the key.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
