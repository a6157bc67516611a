// SPDX-License-Identifier: MIT

/// Why a control plane for tests did not do what it was asked.
package struct ControlPlaneError: Error, Sendable, CustomStringConvertible {
    /// What happened, to what, and what to do about it.
    package var problem: String

    /// Makes an error.
    package init(problem: String) { self.problem = problem }

    /// The problem, said whose it is.
    package var description: String { "control plane: \(problem)" }
}
