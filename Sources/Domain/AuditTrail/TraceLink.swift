// SPDX-License-Identifier: MIT

/// Two things of a trace that belong together.
package struct TraceLink: Sendable, Hashable {
    /// What a link joins.
    package enum Kind: String, Sendable, Hashable {
        case issue, run, namespace, job, branch
        case pullRequest = "pull_request"
        case approval
    }
    /// What kind of thing the link comes from.
    package var fromKind: Kind
    /// Its name: an issue and a pull request as `owner/name#number`, a run by its uid.
    package var from: String
    /// What kind of thing the link leads to.
    package var toKind: Kind
    /// Its name.
    package var to: String

    /// Joins two things.
    package init(_ fromKind: Kind, _ from: String, to toKind: Kind, _ to: String) {
        self.fromKind = fromKind
        self.from = from
        self.toKind = toKind
        self.to = to
    }
}
