// SPDX-License-Identifier: MIT
import ServiceRuntime

/// What a statement gave.
struct StatementResult: Sendable {
    var rows: [PostgresRow]
    var affectedRows: Int
    var commandTag: String
}

/// One signed-in connection with its settings and its prepared statements; used by one thread at a time.
final class PostgresSession {
    private let handle: ConnectionHandle
    private var cache = StatementCache()
    private let configuration: PostgresConfiguration

    init(url: Secret<String>, configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        self.configuration = configuration
        handle = try ConnectionHandle.connect(
            url: url, applicationName: configuration.applicationName, logger: logger, deadline: deadline)
        do {
            let timeout = configuration.statementTimeout.wholeMilliseconds
            // Texts of dates and bytes must not depend on the server's configuration.
            var settings = """
                SET statement_timeout = \(timeout); SET idle_in_transaction_session_timeout = \(timeout * 6);
                SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET bytea_output = 'hex';
                SET standard_conforming_strings = on; SET client_min_messages = 'notice';
                SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off;
                """
            if let role = configuration.role { settings += (" SET ROLE \(identifier: role);" as SQLQuery).text }
            _ = try handle.runScript(settings, deadline: deadline)
            if let role = configuration.preferredRole {
                let take: SQLQuery = """
                    SELECT set_config('role', rolname, false) FROM pg_roles
                    WHERE rolname = \(role) AND pg_has_role(session_user, oid, 'MEMBER')
                    """
                var parameters: [WireParameter] = []
                for parameter in take.parameters { parameters.append(try parameter.wire()) }
                _ = try handle.run(take.text, parameters, deadline: deadline)
            }
        } catch {
            // Whatever went wrong, the caller's statement was not sent.
            throw PostgresError(
                .unavailable, "cannot set up the connection: \(error.message)", sqlState: error.sqlState)
        }
    }

    var isUsable: Bool { handle.isUsable }

    var isAlive: Bool { handle.isAlive }

    var isInTransaction: Bool { handle.isInTransaction }

    /// The means to stop what runs here from another thread; the same for every statement.
    private(set) lazy var canceller = handle.makeCanceller()

    /// Runs a statement; `timeout` is what the caller told the server, if not the configured one.
    func run(_ query: SQLQuery, timeout: Duration?) throws(PostgresError) -> StatementResult {
        let text = query.text
        var parameters: [WireParameter] = []
        for parameter in query.parameters { parameters.append(try parameter.wire()) }
        let deadline = deadline(timeout)
        do {
            return Self.copy(try send(text, parameters, deadline: deadline))
        } catch {
            guard !isInTransaction, [.invalidStatementName, .featureNotSupported].contains(error.sqlState) else {
                throw error
            }
            // The prepared statement is gone, or its tables have changed: it did nothing, and sending it anew is safe.
            cache.forget(text)
            return Self.copy(try handle.run(text, parameters, deadline: deadline))
        }
    }

    /// Runs several statements that take no parameters.
    func runScript(_ text: String, timeout: Duration?) throws(PostgresError) -> StatementResult {
        Self.copy(try handle.runScript(text, deadline: deadline(timeout)))
    }

    private func send(
        _ text: String, _ parameters: [WireParameter], deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> ResultHandle {
        switch cache.use(text) {
        case .direct: return try handle.run(text, parameters, deadline: deadline)
        case .prepared(let name):
            return try handle.runPrepared(name, text, parameters, deadline: deadline)
        case .prepare(let name, let evicted):
            do {
                if let evicted { _ = try handle.runScript("DEALLOCATE \(evicted)", deadline: deadline) }
                try handle.prepare(name, text, types: parameters.map(\.type), deadline: deadline)
            } catch {
                cache.forget(text)
                throw error
            }
            return try handle.runPrepared(name, text, parameters, deadline: deadline)
        }
    }

    private func deadline(_ timeout: Duration?) -> ContinuousClock.Instant {
        ContinuousClock.now + (timeout ?? configuration.statementTimeout) + configuration.answerGrace
    }

    private static func copy(_ result: borrowing ResultHandle) -> StatementResult {
        StatementResult(rows: result.rows(), affectedRows: result.affectedRows, commandTag: result.commandTag)
    }
}

extension Duration {
    /// Milliseconds, for the server's settings; at least one, since zero would mean no limit.
    var wholeMilliseconds: Int64 {
        max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
