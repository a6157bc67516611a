// SPDX-License-Identifier: MIT

/// How much an evaluation may still cost.
///
/// One unit is about one step; work on text and lists costs by its size. Several expressions can share a budget: the
/// API server limits one rule as well as all rules of an object, and hostile input must end at both.
package final class CELBudget {
    /// What one expression may cost in Kubernetes.
    package static let perExpression: Int = 1_000_000
    /// What all rules of one object may cost together in Kubernetes.
    package static let perObject: Int = 10_000_000

    /// What is left.
    package private(set) var remaining: Int

    /// A budget of so many units.
    package init(_ units: Int = CELBudget.perExpression) { remaining = units }

    /// Pays for work that is about to be done.
    ///
    /// - Throws: `CELEvaluationError.costLimitExceeded`, which no operator absorbs.
    package func spend(_ units: Int) throws(CELEvaluationError) {
        remaining -= units
        if remaining < 0 { throw .costLimitExceeded }
    }

    /// Pays for reading so many bytes of text: a tenth of a unit each.
    func spendText(_ bytes: Int) throws(CELEvaluationError) { try spend(bytes / 10 + 1) }
}
