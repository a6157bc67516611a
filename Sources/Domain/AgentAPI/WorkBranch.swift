// SPDX-License-Identifier: MIT

/// A branch that runs work on, read back into issue and kind.
package struct WorkBranch: Sendable, Hashable {
    /// The issue's number.
    package let issue: Int
    /// The kind whose branch it is.
    package let kind: TriggerKind

    /// Nil for any name that ``TriggerKind/branch(issue:)`` does not make.
    package init?(_ name: String) {
        let digits = name.drop { !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
        guard let issue = Int(digits), (1...Int(Int32.max)).contains(issue),
            let kind = TriggerKind.owning(branch: name, issue: issue)
        else { return nil }
        self.issue = issue
        self.kind = kind
    }
}
