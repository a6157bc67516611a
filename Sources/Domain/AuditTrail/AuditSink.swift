// SPDX-License-Identifier: MIT

/// Why a record could not be written or read.
package struct AuditError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whether trying again later can help.
    package var isTransient: Bool
    /// What happened to what, and why.
    package var description: String

    /// Describes a failure.
    package init(isTransient: Bool, description: String) {
        self.isTransient = isTransient
        self.description = description
    }
}

/// Where facts are recorded. Recording a fact that is there already is no error and changes nothing.
package protocol AuditSink: Sendable {
    /// Records facts in their order; when it returns they are there.
    ///
    /// - Throws: `AuditError`; then some of a large number of facts may be there, and recording again is harmless.
    func record(_ events: [AuditEvent]) async throws(AuditError)
}
