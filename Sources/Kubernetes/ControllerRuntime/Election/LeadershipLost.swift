// SPDX-License-Identifier: MIT

/// The lead was lost: the process has to end at once, without grace, because another may act now.
package struct LeadershipLost: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which lease, as `namespace/name`.
    package let lease: String
    /// How it was lost.
    package let reason: String

    /// What happened, why, and what follows.
    package var description: String {
        "the lease \(lease) is lost, \(reason); this process stops at once, because another may lead now"
    }
}
