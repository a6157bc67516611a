// SPDX-License-Identifier: MIT

/// Sends HTTP requests over shared connections.
///
/// One thread per client owns libcurl; tasks hand it commands and wait without blocking a thread of Swift's pool. The
/// thread starts with the first request and ends with ``shutdown()`` or with the last reference. Use few clients: each
/// has connections of its own, which is also what a second one is good for: nothing that the first one sends can get in
/// the way of what must be in time.
package final class HTTPClient: Sendable {
    /// What all requests of a client share.
    package struct Configuration: Sendable {
        /// Where requests go first.
        package enum Proxy: Sendable, Hashable {
            /// To the host, whatever the environment says.
            case none
            /// As libcurl reads `http_proxy`, `https_proxy` and `no_proxy`.
            case environment
            /// To this proxy: `http`, `https`, `socks5` or `socks5h`. With SOCKS the proxy resolves names.
            case url(String)
        }

        /// When a shared connection is asked for a sign of life.
        package struct ProbeTiming: Sendable {
            /// How long a request may have no answer, and its connection no byte, before the connection is asked.
            package var after: Duration
            /// How long it may then stay silent before it is closed.
            package var timeout: Duration

            /// Makes a timing.
            package init(after: Duration = .seconds(10), timeout: Duration = .seconds(5)) {
                self.after = after
                self.timeout = timeout
            }
        }

        /// Connections to one host, as long as hosts speak HTTP/2, where one connection carries many requests. Where a
        /// host speaks HTTP/1, every stream holds a connection, and the limit becomes
        /// ``maximumHTTP1ConnectionsPerHost``.
        package var maximumConnectionsPerHost: Int
        /// Connections to one host that speaks HTTP/1 only.
        package var maximumHTTP1ConnectionsPerHost: Int
        /// The value of the User-Agent field.
        package var userAgent: String
        /// Whether HTTP/2 is offered in TLS.
        package var http2: Bool
        /// The time to reach a host, name resolution and TLS included.
        package var connectTimeout: Duration
        /// Whether to use a proxy; off by default, because an API server is never behind the one of the environment.
        package var proxy: Proxy

        /// When an HTTP/2 connection on which a request waits in vain is asked, by a `HEAD /` without credentials, and
        /// when it is given up. It bounds how long a connection that leads nowhere can hold up new requests.
        package var probe: ProbeTiming

        /// Makes a configuration.
        package init(
            maximumConnectionsPerHost: Int = 4, maximumHTTP1ConnectionsPerHost: Int = 128,
            userAgent: String = "codex-k8s", http2: Bool = true, connectTimeout: Duration = .seconds(10),
            proxy: Proxy = .none, probe: ProbeTiming = .init()
        ) {
            self.maximumConnectionsPerHost = maximumConnectionsPerHost
            self.maximumHTTP1ConnectionsPerHost = maximumHTTP1ConnectionsPerHost
            self.userAgent = userAgent
            self.http2 = http2
            self.connectTimeout = connectTimeout
            self.proxy = proxy
            self.probe = probe
        }
    }

    private let driver: TransferDriver

    /// Makes a client; nothing runs before the first request.
    package init(configuration: Configuration = .init()) {
        driver = TransferDriver(configuration: configuration)
    }

    deinit {
        driver.shutdown()
    }

    /// Sends a request and reads the whole answer. Cancelling the task cancels the transfer.
    ///
    /// - Parameter maximumBodyBytes: a larger answer is an error, and the transfer ends there.
    /// - Throws: ``HTTPClientError``. An answer of any status is returned, not thrown.
    package func send(
        _ request: ClientRequest, maximumBodyBytes: Int = 64 << 20
    ) async throws(HTTPClientError) -> ClientResponse {
        let receiver = CollectingReceiver(url: request.url, limit: maximumBodyBytes)
        let id = driver.start(request, receiver)
        let driver = driver
        let outcome = await withTaskCancellationHandler {
            await receiver.response()
        } onCancel: {
            receiver.finished(HTTPClientError(.cancelled, url: request.url, detail: "the task was cancelled"))
            driver.cancel(id)
        }
        return try outcome.get()
    }

    /// Sends a request and returns as soon as status and header fields are there.
    ///
    /// The timeout of the request covers the body too: give none to a stream that may last, but an idle timeout.
    ///
    /// - Throws: ``HTTPClientError`` if no head comes; a failure in the body is thrown where the body is read.
    package func stream(_ request: ClientRequest) async throws(HTTPClientError) -> StreamingResponse {
        let receiver = StreamingReceiver(url: request.url)
        let id = driver.start(request, receiver)
        let driver = driver
        receiver.onDrained { [weak driver] in driver?.resume(id) }
        // The body holds the client too: the last reference to the client must not end what is being read.
        let lifetime = TransferLifetime(url: request.url, receiver: receiver) { [self] in self.driver.cancel(id) }
        let head = await withTaskCancellationHandler {
            await receiver.head()
        } onCancel: {
            receiver.finished(HTTPClientError(.cancelled, url: request.url, detail: "the task was cancelled"))
            driver.cancel(id)
        }
        return StreamingResponse(try head.get(), body: ResponseBody(lifetime))
    }

    /// Ends, after a while, the connections made with these options that are still in use then.
    ///
    /// For rotated certificates: new requests come with new options and get new connections, but a stream that lasts
    /// would hold the old one for as long as it likes. Connections that nobody uses end by themselves.
    package func retireConnections(of tls: TLSOptions, after delay: Duration) {
        driver.retire(tls, after: delay)
    }

    /// Ends every transfer with an error and closes all connections. Later requests fail at once.
    package func shutdown() {
        driver.shutdown()
    }
}
