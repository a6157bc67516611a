// SPDX-License-Identifier: MIT
import AuditTrail
import Postgres

extension AuditError {
    /// What a failure of the database means for the audit.
    ///
    /// Only a value that the tables refuse is final. All else can be put right from outside: the server comes back,
    /// the migrations are run, the role gets its rights.
    init(_ error: PostgresError, while doing: StaticString) {
        let isFinal =
            switch error.code {
            case .usage: true
            case .server: ["22", "23"].contains(error.sqlState?.classCode)
            case .unavailable, .connectionLost, .timeout, .cancelled, .closed: false
            }
        var description = "\(doing): \(error)"
        if error.sqlState == .undefinedTable { description += "; run `codex-k8s migrate`" }
        self.init(isTransient: !isFinal, description: description)
    }
}

/// Runs statements and gives their failures the audit's form.
func audited<T>(
    _ doing: StaticString, _ body: () async throws(PostgresError) -> T
) async throws(AuditError) -> T {
    do {
        return try await body()
    } catch {
        throw AuditError(error, while: doing)
    }
}
