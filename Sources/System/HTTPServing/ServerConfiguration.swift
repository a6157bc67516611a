// SPDX-License-Identifier: MIT

/// How a server listens and what it puts up with. The defaults suit a server that faces the internet.
package struct ServerConfiguration: Sendable {
    /// The numeric address to listen on; `localhost` is read as 127.0.0.1.
    package var host = "127.0.0.1"
    /// The port; 0 takes a free one.
    package var port = 0
    /// Certificate chain and key as PEM; without them the server speaks plain HTTP.
    package var tls: (certificatePEM: String, keyPEM: String)?
    /// The longest body, in bytes; longer ones are answered 413.
    package var maximumBodyBytes = 16 << 20
    /// The bytes of bodies held at once, over all connections; beyond it requests are answered 503.
    package var bodyBudgetBytes = 64 << 20
    /// From the connection (or the request line, on a connection in use) to the end of the header.
    package var headerDeadline = Duration.seconds(10)
    /// From the header to the end of the body.
    package var bodyDeadline = Duration.seconds(10)
    /// How long a connection may be open without a request.
    package var idleDeadline = Duration.seconds(75)
    /// How long requests in flight may go on after the server was asked to stop.
    package var drainPeriod = Duration.seconds(5)
    /// Connections in all; further clients wait in the kernel's queue.
    package var connectionLimit = 1000
    /// Connections from one address; 0 for no limit, as behind an ingress, where all come from one.
    package var perAddressLimit = 0
    /// Bytes of streamed content waiting for a slow client before its writer waits too.
    package var streamBufferBytes = 256 << 10
    /// Fields that may be there once at most, beside `Host`, `Content-Length` and `Transfer-Encoding`.
    package var singleHeaders: Set<String> = ["Authorization", "Content-Type"]
    /// Makes what sees the body while it is read, such as a digest; its result is ``ServerRequest/tapResult``.
    package var bodyTap: (@Sendable (_ head: ServerRequest) -> (any BodyTap)?)?
    /// Asked before the body is read: an answer refuses the request. It runs on the server's one thread: no waiting.
    package var admit: (@Sendable (_ head: ServerRequest) -> ServerResponse?)?
    /// Asked when the request is whole, before the handler: an answer in bytes spares the way through a task, which is
    /// most of what a small request costs. It runs on the server's one thread: no waiting, and little to do.
    package var answerAtOnce: (@Sendable (_ request: ServerRequest) -> ServerResponse?)?
    /// How the server's own refusals look.
    package var renderError: @Sendable (HTTPError) -> ServerResponse = { $0.response }

    /// The defaults.
    package init() {}

    /// The defaults on the given address.
    package init(
        host: String, port: Int = 0, tls: (certificatePEM: String, keyPEM: String)? = nil
    ) {
        self.host = host
        self.port = port
        self.tls = tls
    }
}

/// Sees a body piece by piece while it is read. It runs on the server's one thread: no waiting.
package protocol BodyTap: Sendable {
    /// The next bytes.
    mutating func update(_ bytes: [UInt8])
    /// The result, once the body is whole.
    func finish() -> [UInt8]
}
