// SPDX-License-Identifier: MIT

/// One question about the health of a process, with a name by which it can be asked alone.
package struct HealthCheck: Sendable {
    /// Lower-case words and hyphens, as in `/readyz/NAME`.
    package let name: String
    /// What is wrong, in words for people; nil when all is well. It answers at once: a probe waits for it.
    package let problem: @Sendable () async -> String?

    /// A question of this name.
    package init(_ name: String, problem: @escaping @Sendable () async -> String?) {
        self.name = name
        self.problem = problem
    }
}
