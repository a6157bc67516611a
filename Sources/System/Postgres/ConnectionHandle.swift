// SPDX-License-Identifier: MIT
import CPostgres
import Glibc
import ServiceRuntime

/// Owns a connection of libpq and waits on its socket, never longer than until a deadline.
///
/// libpq's own blocking calls would wait for as long as a server stands still, so everything goes through the
/// non-blocking ones and `poll`. To be used by one thread at a time.
struct ConnectionHandle: ~Copyable {
    private let pointer: OpaquePointer
    // libpq calls it with notices for as long as the connection lives.
    private let notices: NoticeReceiver

    /// Connects and signs in.
    ///
    /// - Throws: `.usage` for a URL that is none, `.unavailable` otherwise.
    static func connect(
        url: Secret<String>, applicationName: String, logger: Logger, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ConnectionHandle {
        // Its own message would repeat the URL with the password.
        guard isValid(url) else {
            throw PostgresError(.usage, "the database URL is not one that libpq understands")
        }
        guard let pointer = start(url: url, applicationName: applicationName) else {
            throw PostgresError(.unavailable, "no memory for a connection")
        }
        let handle = ConnectionHandle(pointer: pointer, notices: NoticeReceiver(logger: logger))
        try handle.finishConnecting(deadline: deadline)
        return handle
    }

    private init(pointer: OpaquePointer, notices: NoticeReceiver) {
        self.pointer = pointer
        self.notices = notices
        PQsetNoticeProcessor(pointer, NoticeReceiver.callback, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { PQfinish(pointer) }

    private static func isValid(_ url: Secret<String>) -> Bool {
        guard let options = PQconninfoParse(url.reveal(), nil) else { return false }
        PQconninfoFree(options)
        return true
    }

    private static func start(url: Secret<String>, applicationName: String) -> OpaquePointer? {
        url.reveal().withCString { url in
            applicationName.withCString { name in
                let keys = ["dbname", "fallback_application_name", "client_encoding"]
                return withCStrings(keys) { keys in
                    "UTF8".withCString { encoding in
                        let values: [UnsafePointer<CChar>?] = [url, name, encoding, nil]
                        return values.withUnsafeBufferPointer { values in
                            keys.withUnsafeBufferPointer { keys in
                                PQconnectStartParams(keys.baseAddress, values.baseAddress, 1)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Gives C strings that live during the call, ended by a null pointer.
    private static func withCStrings<R>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
        func next(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> R {
            guard index < texts.count else { return body(pointers + [nil]) }
            return texts[index].withCString { next(index + 1, pointers + [$0]) }
        }
        return next(0, [])
    }

    private func finishConnecting(deadline: ContinuousClock.Instant) throws(PostgresError) {
        // As the documentation says: behave as if the first poll had asked for writing.
        var status = PQstatus(pointer) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while true {
            switch status {
            case PGRES_POLLING_OK:
                PQsetnonblocking(pointer, 1)
                return
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
                let events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
                guard waitFor(Int16(events), until: deadline) else {
                    throw PostgresError(.unavailable, "the server did not take the connection in time")
                }
                status = PQconnectPoll(pointer)
            default: throw PostgresError(.unavailable, errorText)
            }
        }
    }

    /// The first line of libpq's last message.
    private var errorText: String {
        let text = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "the connection broke"
    }

    /// Whether libpq and the server still see a connection.
    var isUsable: Bool { PQstatus(pointer) == CONNECTION_OK }

    /// Whether a transaction is open.
    var isInTransaction: Bool {
        switch PQtransactionStatus(pointer) {
        case PQTRANS_IDLE, PQTRANS_UNKNOWN: false
        default: true
        }
    }

    /// Whether the connection, which has been idle, can be used: a server that went away has closed the socket.
    var isAlive: Bool {
        guard isUsable else { return false }
        // What comes unasked is a notice, a changed setting, or the end.
        while waitFor(Int16(POLLIN), until: .now) {
            guard PQconsumeInput(pointer) == 1, isUsable else { return false }
            // A message of the end is followed by the end itself; one look more decides.
            if PQisBusy(pointer) == 0, let result = PQgetResult(pointer) {
                PQclear(result)
                return false
            }
        }
        return isUsable
    }

    /// The means to stop what runs here from another thread.
    func makeCanceller() -> Canceller? { PQgetCancel(pointer).map(Canceller.init) }

    /// Sends a statement by the simple protocol, which allows several in one text and no parameters.
    func runScript(_ text: String, deadline: ContinuousClock.Instant) throws(PostgresError) -> ResultHandle {
        try finish(PQsendQuery(pointer, text), statement: "a script", deadline: deadline)
    }

    /// Runs a statement with parameters.
    func run(
        _ text: String, _ parameters: [WireParameter], deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle {
        let sent = Self.withParameters(parameters) { types, values, lengths, formats in
            PQsendQueryParams(pointer, text, Int32(parameters.count), types, values, lengths, formats, 0)
        }
        return try finish(sent, statement: text, deadline: deadline)
    }

    /// Prepares a statement under a name.
    func prepare(
        _ name: String, _ text: String, types: [UInt32], deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        let sent = types.withUnsafeBufferPointer {
            PQsendPrepare(pointer, name, text, Int32(types.count), $0.baseAddress)
        }
        _ = try finish(sent, statement: text, deadline: deadline)
    }

    /// Runs a prepared statement.
    func runPrepared(
        _ name: String, _ text: String, _ parameters: [WireParameter], deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle {
        let sent = Self.withParameters(parameters) { _, values, lengths, formats in
            PQsendQueryPrepared(pointer, name, Int32(parameters.count), values, lengths, formats, 0)
        }
        return try finish(sent, statement: text, deadline: deadline)
    }

    private static func withParameters<R>(
        _ parameters: [WireParameter],
        _ body: (
            UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        // All values in one block that stays in its place; a pointer into it for each.
        var block: [UInt8] = []
        var offsets: [Int?] = []
        for parameter in parameters {
            offsets.append(parameter.bytes == nil ? nil : block.count)
            block += parameter.bytes ?? []
        }
        // Never empty, so that there is an address for values of no bytes.
        block.append(0)
        return block.withUnsafeBufferPointer { block in
            block.withMemoryRebound(to: CChar.self) { block in
                let values = offsets.map { offset in
                    offset.flatMap { offset in block.baseAddress.map { $0 + offset } }
                }
                return values.withUnsafeBufferPointer { values in
                    parameters.map(\.type).withUnsafeBufferPointer { types in
                        parameters.map(\.length).withUnsafeBufferPointer { lengths in
                            parameters.map { $0.isBinary ? Int32(1) : 0 }.withUnsafeBufferPointer { formats in
                                body(types.baseAddress, values.baseAddress, lengths.baseAddress, formats.baseAddress)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Sends the rest, reads all results, and gives the first that failed or the last.
    private func finish(
        _ sent: Int32, statement: String, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle {
        guard sent == 1 else {
            if isUsable { throw PostgresError(.usage, errorText, statement: statement) }
            throw lost(statement)
        }
        try flush(statement: statement, deadline: deadline)
        guard var last = try nextResult(statement: statement, deadline: deadline) else { throw lost(statement) }
        while let result = try nextResult(statement: statement, deadline: deadline) {
            if last.isSuccess { last = result }
        }
        guard last.isSuccess else { throw last.failure(statement: statement) }
        return last
    }

    private func flush(statement: String, deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch PQflush(pointer) {
            case 0: return
            case 1:
                guard waitFor(Int16(POLLIN | POLLOUT), until: deadline) else { throw late(statement) }
                guard PQconsumeInput(pointer) == 1 else { throw lost(statement) }
            default: throw lost(statement)
            }
        }
    }

    private func nextResult(
        statement: String, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle? {
        while PQisBusy(pointer) == 1 {
            guard waitFor(Int16(POLLIN), until: deadline) else { throw late(statement) }
            guard PQconsumeInput(pointer) == 1 else { break }
        }
        guard let result = PQgetResult(pointer).map(ResultHandle.init) else { return nil }
        if result.isCopy { throw PostgresError(.connectionLost, "COPY is not supported", statement: statement) }
        return result
    }

    private func lost(_ statement: String) -> PostgresError {
        PostgresError(.connectionLost, errorText, statement: statement)
    }

    private func late(_ statement: String) -> PostgresError {
        PostgresError(.timeout, "the server did not answer in time", statement: statement)
    }

    /// Waits until the socket is ready; `false` when the deadline came first.
    private func waitFor(_ events: Int16, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            var entry = pollfd(fd: PQsocket(pointer), events: events, revents: 0)
            guard entry.fd >= 0 else { return true }
            let left = ContinuousClock.now.duration(to: deadline)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            // Rounded up, so that the last millisecond is not spent spinning.
            let ready = poll(&entry, 1, left <= .zero ? 0 : Int32(clamping: milliseconds + 1))
            if ready > 0 { return true }
            if ready == 0, left <= .milliseconds(1) || ContinuousClock.now >= deadline { return false }
            if ready < 0, errno != EINTR { return true }
        }
    }
}

/// Stops a running statement from another thread; safe to use after its connection is gone.
final class Canceller: @unchecked Sendable {
    // Never changed after it is made, and libpq documents sending as thread-safe.
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQfreeCancel(pointer) }

    /// Asks the server to stop the statement. Blocks until the server has taken the request.
    func send() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &reason, Int32(reason.count))
    }
}

/// Hands the server's notices to the log.
final class NoticeReceiver: Sendable {
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    static let callback: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void = { context, text in
        guard let context, let text else { return }
        let receiver = Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue()
        // The first line only: what follows is detail, which may repeat values.
        let line = String(cString: text).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        receiver.logger.debug("notice from Postgres", ["postgres.notice": line])
    }
}
