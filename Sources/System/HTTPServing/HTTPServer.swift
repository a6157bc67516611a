// SPDX-License-Identifier: MIT
import HTTPTypes
package import ServiceRuntime
import Synchronization

/// An HTTP/1.1 server on libmicrohttpd.
///
/// One thread of the library reads and writes all connections. A whole request suspends its connection and runs the
/// handler in a task of `run()`'s group; the answer resumes the connection. Cancelling `run()` drains: no new
/// connections, streams come to an end, requests in flight are answered, and after
/// ``ServerConfiguration/drainPeriod`` what is left is cut off.
package final class HTTPServer: Service {
    /// Answers one request.
    package typealias Handler = @Sendable (ServerRequest) async -> ServerResponse

    private enum Event: Sendable {
        case request(Exchange, ServerRequest)
        case stopRequested
        case drained
    }

    private let configuration: ServerConfiguration
    private let logger: Logger
    private let handler: Handler
    private let connections: ConnectionTable
    private let port = OneShot<Int>()
    private let hasStarted = Flag()
    private let events: AsyncStream<Event>
    private let feed: AsyncStream<Event>.Continuation

    /// A server that is not listening yet.
    package init(configuration: ServerConfiguration, logger: Logger, handler: @escaping Handler) {
        self.configuration = configuration
        self.logger = logger
        self.handler = handler
        connections = ConnectionTable(configuration: configuration)
        // Unbounded, but never longer than the limit of connections: each has one request at a time.
        (events, feed) = AsyncStream.makeStream()
    }

    /// The port, once the server listens.
    ///
    /// - Throws: ``HTTPServerError`` when it could not start, `CancellationError` when the caller is cancelled.
    package func waitUntilListening() async throws -> Int {
        try await port.value()
    }

    /// Connections that are open now.
    package var connectionCount: Int { connections.count }

    /// Serves until the task is cancelled.
    ///
    /// - Throws: ``HTTPServerError`` when the server cannot start.
    package func run() async throws {
        guard hasStarted.set() else { throw failure(.alreadyRunning) }
        // In a task of its own: requests in flight must outlive the cancellation that asks the server to stop.
        let serving = Task { try await self.serve() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            feed.yield(.stopRequested)
        }
    }

    private func serve() async throws {
        let feed = self.feed
        let intake = RequestIntake(configuration: configuration, connections: connections) { exchange, request in
            if case .enqueued = feed.yield(.request(exchange, request)) { true } else { false }
        }
        let daemon: Daemon
        do {
            let socket = try ListeningSocket(host: configuration.host, port: configuration.port)
            daemon = try Daemon(socket: socket, configuration: configuration, intake: intake)
            port.resolve(.success(socket.port))
            logger.debug("listening", ["address": configuration.host, "port": String(socket.port)])
        } catch {
            port.resolve(.failure(error))
            throw error
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.enforceDeadlines() }
            for await event in events {
                switch event {
                case .request(let exchange, let request):
                    group.addTask { await self.answer(exchange, request) }
                case .stopRequested:
                    group.addTask {
                        await self.drain(daemon)
                        feed.yield(.drained)
                    }
                case .drained:
                    feed.finish()
                    group.cancelAll()
                }
            }
        }
        // Joining the library's thread blocks for a moment. Nothing is cancelled here, so this always runs.
        try? await BlockingPool.shared.run { daemon.stop() }
        connections.closeLingering()
        withExtendedLifetime(intake) {}
    }

    private func answer(_ exchange: Exchange, _ request: ServerRequest) async {
        let response = await handler(request)
        let stream = exchange.answer(response, streamLimit: configuration.streamBufferBytes)
        exchange.releaseBody()
        if let stream, case .stream(let body) = response.body { await stream.run(body) }
    }

    private func enforceDeadlines() async {
        var arrivals = connections.arrivals.makeAsyncIterator()
        while !Task.isCancelled {
            let late = connections.enforce(now: .now)
            if late > 0 { logger.debug("connections past their deadline were cut off", ["count": String(late)]) }
            let isLingering = connections.drainLingering(now: .now)
            if isLingering {
                // A client that is still sending is held up by as long as nobody reads.
                try? await Task.sleep(for: .milliseconds(10))
            } else if let pause = connections.pauseBeforeNextLook(now: .now) {
                try? await Task.sleep(for: pause)
            } else {
                // With nobody there nothing is to be looked at, and a process that is idle stays asleep.
                _ = await arrivals.next()
            }
        }
    }

    private func drain(_ daemon: Daemon) async {
        daemon.quiesce()
        connections.drain()
        await withDiscardingTaskGroup { group in
            group.addTask {
                try? await Task.sleep(for: self.configuration.drainPeriod)
                self.connections.stopWaiting()
            }
            await connections.waitUntilEmpty()
            group.cancelAll()
        }
        guard connections.count > 0 else { return }
        logger.warning("connections were cut off to stop in time", ["count": String(connections.count)])
        connections.abort()
    }

    private func failure(_ code: HTTPServerError.Code) -> HTTPServerError {
        HTTPServerError(code: code, address: "\(configuration.host):\(configuration.port)", detail: "")
    }
}
