// SPDX-License-Identifier: MIT

/// A five-character error code of the server (PostgreSQL documentation, appendix A).
package struct SQLState: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The code.
    package let rawValue: String

    /// Wraps a code.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// A unique index or primary key has that value already.
    package static let uniqueViolation = SQLState(rawValue: "23505")
    /// The row that a foreign key names is not there.
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// A check constraint does not hold.
    package static let checkViolation = SQLState(rawValue: "23514")
    /// A value is missing.
    package static let notNullViolation = SQLState(rawValue: "23502")
    /// A rule of the schema forbids the change, such as updating an append-only table.
    package static let restrictViolation = SQLState(rawValue: "23001")
    /// The role may not do that.
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// The table is not there: usually the migrations have not run.
    package static let undefinedTable = SQLState(rawValue: "42P01")
    /// Two transactions cannot both be serialised; the loser may try again.
    package static let serializationFailure = SQLState(rawValue: "40001")
    /// Two transactions waited for each other; the loser may try again.
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    /// The statement was stopped: by its timeout or on request.
    package static let queryCanceled = SQLState(rawValue: "57014")
    /// An earlier statement of the transaction failed.
    package static let inFailedTransaction = SQLState(rawValue: "25P02")
    /// The prepared statement is not known to the server.
    package static let invalidStatementName = SQLState(rawValue: "26000")
    /// What was prepared no longer fits the tables.
    package static let featureNotSupported = SQLState(rawValue: "0A000")

    /// The first two characters, which group codes.
    package var classCode: String { String(rawValue.prefix(2)) }

    /// The code.
    package var description: String { rawValue }
}

/// Why Postgres did not do what it was asked to.
///
/// It never holds parameters: the server's `DETAIL` line and its messages about bad values repeat them, so both are
/// left out. `shortDescription` is safe as the label of a metric.
package struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can do about it.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// No connection could be had; nothing was sent. Try again later.
        case unavailable
        /// The connection broke while a statement ran; whether it took effect is unknown. Idempotent ones may be
        /// repeated.
        case connectionLost
        /// No free connection, or no answer, in the time allowed.
        case timeout
        /// The caller's task was cancelled.
        case cancelled
        /// The server refused; `sqlState` says why.
        case server
        /// The client was shut down, or a transaction used after its end.
        case closed
        /// The URL, a parameter or a result is not what it has to be: a mistake in the program or its configuration.
        case usage
    }

    /// What the caller can do about it.
    package let code: Code
    /// The server's code, where the server spoke.
    package let sqlState: SQLState?
    /// What went wrong, in words and without values.
    package let message: String
    /// The constraint that refused a change.
    package let constraint: String?
    /// The statement, with `$1` in the place of parameters.
    package var statement: String?

    /// Describes a failure.
    package init(
        _ code: Code, _ message: String, sqlState: SQLState? = nil, constraint: String? = nil, statement: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.statement = statement
    }

    /// Whether waiting and trying again can help without anybody changing anything.
    package var isRetryable: Bool {
        switch code {
        case .unavailable, .connectionLost, .timeout: true
        case .server:
            sqlState.map { ["08", "40", "53", "57", "58"].contains($0.classCode) && $0 != .queryCanceled } ?? false
        case .cancelled, .closed, .usage: false
        }
    }

    /// Whether Postgres could not be reached or did not answer, as opposed to having refused.
    package var isUnavailability: Bool {
        switch code {
        case .unavailable, .connectionLost, .timeout: true
        // Starting up, shutting down, too many connections.
        case .server: sqlState.map { ["57P", "533"].contains($0.rawValue.prefix(3)) } ?? false
        case .cancelled, .closed, .usage: false
        }
    }

    /// The code, and the SQLSTATE if there is one: from a bounded set.
    package var shortDescription: String {
        if let sqlState { return "\(code.rawValue):\(sqlState.rawValue)" }
        return code.rawValue
    }

    /// One line for a person.
    package var description: String {
        var text = "Postgres: \(message)"
        if let sqlState { text += " (SQLSTATE \(sqlState.rawValue))" }
        if let constraint { text += ", constraint \(constraint)" }
        if let statement { text += ", in: \(statement.prefix(200))" }
        return text
    }
}
