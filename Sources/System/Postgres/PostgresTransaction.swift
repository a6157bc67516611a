// SPDX-License-Identifier: MIT
import ServiceRuntime

/// The statements of one transaction, in order; given by ``PostgresClient/transaction(statementTimeout:_:)``.
package final class PostgresTransaction: Sendable {
    private let thread: ConnectionThread
    private let statementTimeout: Duration?
    private let hasEnded = Flag()

    init(thread: ConnectionThread, statementTimeout: Duration?) {
        self.thread = thread
        self.statementTimeout = statementTimeout
    }

    /// Runs a statement and gives its rows. After a failed statement the server refuses all others of the transaction.
    package func query(_ query: SQLQuery) async throws(PostgresError) -> [PostgresRow] {
        try await run(query).rows
    }

    /// Runs a statement and gives the number of rows that it changed.
    @discardableResult
    package func execute(_ query: SQLQuery) async throws(PostgresError) -> Int {
        try await run(query).affectedRows
    }

    /// Runs a text of several statements without parameters, such as a migration.
    package func execute(script: String) async throws(PostgresError) {
        try checkOpen()
        let timeout = statementTimeout
        _ = try await thread.run(mayConnect: false, isCancellable: true) { session throws(PostgresError) in
            try session.runScript(script, timeout: timeout)
        }
    }

    private func run(_ query: SQLQuery) async throws(PostgresError) -> StatementResult {
        try checkOpen()
        let timeout = statementTimeout
        return try await thread.run(mayConnect: false, isCancellable: true) { session throws(PostgresError) in
            try session.run(query, timeout: timeout)
        }
    }

    private func checkOpen() throws(PostgresError) {
        if hasEnded.isSet { throw PostgresError(.closed, "the transaction has ended") }
    }

    func end() { hasEnded.set() }
}
